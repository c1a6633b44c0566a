import { duration } from "../kinds/duration.ts";
import { modeBits } from "../kinds/number.ts";
import { account, file, socketPath } from "../kinds/text.ts";
import { one, onOrOff, optional, optionalOrOff } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;

export const processSettings = {
  pid: optional(file, {
    description: "File that contains the master's process id while it runs.",
    unset: "none",
    short: "p",
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
};
