import { ExitCode } from "../../core/errors.ts";
import type { RunnableCommand } from "../commands.ts";
import { findServer } from "../ctl/find_server.ts";
import { ctlOptions, parseSubcommand, subcommands } from "../ctl/subcommands.ts";

export const ctl: RunnableCommand = {
  name: "ctl",
  usage: "[--socket FILE] COMMAND",
  summary: "Ask a running server how it is, and tell it what to do.",
  takesSettings: false,
  words: subcommands.map(({ name, takes, summary }) => ({
    name,
    summary,
    ...(takes === undefined ? {} : { placeholder: takes.placeholder }),
  })),
  options: [
    {
      name: "socket",
      placeholder: "FILE",
      description: "Control socket of the server; not needed where only one runs.",
    },
    { name: "pid", placeholder: "FILE", description: "Pidfile of the server, in place of --socket." },
    ...ctlOptions,
  ],
  async run(system, line) {
    const { word, operand } = parseSubcommand(line.operands, new Set(line.options.keys()));
    const socket = await findServer(system, line);
    await word.run({
      ...{ system, socket, operand },
      has: (option) => line.options.has(option),
      print(value, text) {
        system.host.write("stdout", line.options.has("json") ? `${JSON.stringify(value, null, 2)}\n` : text);
      },
    });
    return ExitCode.normal;
  },
};
