import { modeBits } from "../kinds/number.ts";
import { account, file, socketPath } from "../kinds/text.ts";
import { optional, optionalOrOff } from "../setting.ts";

export const processSettings = {
  pid: optional(file, {
    description: "File that holds the master's process id while it runs.",
    unset: "none",
    short: "p",
    reload: false,
  }),
  controlSocket: optionalOrOff(socketPath, {
    description: "Unix socket on which the master takes the commands of denicorn ctl.",
    unset: "in the runtime directory",
    reload: false,
  }),
  user: optional(account("USER"), {
    description: "User the workers run as, by name or number; takes root.",
    unset: "that of the master",
    short: "u",
    reload: false,
  }),
  group: optional(account("GROUP"), {
    description: "Group the workers run as, by name or number; takes root.",
    unset: "that of the user",
    short: "g",
    reload: false,
  }),
  umask: optional(modeBits, {
    description: "File mode bits that new files do not get, in octal.",
    unset: "inherited",
    short: "m",
    reload: false,
  }),
};
