import { optionalPermissions, requiredPermissions } from "../../core/app_permissions.ts";
import { cores } from "../kinds/core_list.ts";
import { duration } from "../kinds/duration.ts";
import { modeBits, wholeNumber } from "../kinds/number.ts";
import { account, choice, commaList, pidFile, processName, socketPath } from "../kinds/text.ts";
import { many, one, onOrOff, optional, optionalOrOff } from "../setting.ts";

const permissions = [...requiredPermissions, ...optionalPermissions] as const;
const second = 1_000;
const hour = 3_600 * second;

export const processSettings = {
  pid: optional(pidFile, {
    description: "File that contains the master's process id while it runs.",
    unset: "none",
    short: "p",
    reload: false,
  }),
  daemon: onOrOff({
    description:
      "Leave the terminal: the server runs in a session of its own, with /dev/null as its standard streams, and the command ends " +
      "when it is ready or has failed. Needs an error-logfile. Not for service managers and containers. Linux only.",
    unset: "off",
    short: "D",
    reload: false,
  }),
  controlSocket: optionalOrOff(socketPath, {
    description: "Unix socket for the commands of denicorn ctl.",
    unset: "in the runtime directory",
    reload: false,
  }),
  user: optional(account("USER"), {
    description: "User that the workers run as, by name or number; requires root.",
    unset: "that of the master",
    short: "u",
    reload: false,
  }),
  group: optional(account("GROUP"), {
    description: "Group that the workers run as, by name or number; requires root.",
    unset: "that of the user",
    short: "g",
    reload: false,
  }),
  killGroup: onOrOff({
    description:
      "When a worker has ended, end the processes that its app has started: TERM, and KILL a second later, also " +
      "at a quick stop. Otherwise the log names those that still run. A process with a session or group of its own is not among them.",
    unset: "on for process 1 of a container, otherwise off",
    reload: true,
  }),
  hookTimeout: one(duration({ from: 0.1 * second, to: hour }), {
    description: "How long a hook of the config file may take; one that is not done by then has failed.",
    default: 10 * second,
    reload: true,
  }),
  umask: optional(modeBits, {
    description: "Permission bits that new files do not get, in octal.",
    unset: "inherited",
    short: "m",
    reload: false,
  }),
  appPermissions: many(choice("PERMISSION", permissions), {
    description:
      "Permissions of Deno that the app has; a worker gives up the others before it imports the app. May be repeated, or a list " +
      "with commas. Without read, net and env a worker cannot do. This is no sandbox.",
    unset: "those of the server",
    default: [],
    list: commaList,
    reload: true,
  }),
  cpuAffinity: optional(cores, {
    description:
      "Gives each worker one core: of those that this process may use (auto), or of these, in their order. If there are more " +
      "workers than cores they share them evenly; task workers and the master run anywhere. Linux only.",
    unset: "workers run where the kernel wants",
    reload: false,
  }),
  procName: optional(processName, {
    description:
      "Name of the server in the output of ps and top: the command lines of its processes become " +
      "`denicorn: master [NAME]` and `denicorn: worker 0 [NAME]`, their short names NAME. Linux only.",
    unset: "the processes are shown as they were started",
    short: "n",
    reload: false,
  }),
  nice: optional(wholeNumber({ from: -20, to: 19 }), {
    description:
      "Niceness of the master, its workers and what they start: 19 runs only when little else wants the cores, -20 before all " +
      "others. Less than it was started with requires root or CAP_SYS_NICE. Linux only.",
    unset: "inherited",
    reload: false,
  }),
};
