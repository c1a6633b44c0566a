import { ExitCode } from "../../core/errors.ts";
import { printableJson } from "../../core/printable.ts";
import type { RunnableCommand } from "../command.ts";
import { findServer } from "../ctl/find_server.ts";
import { ctlOptions, parseSubcommand, subcommands } from "../ctl/subcommands.ts";

export const ctl: RunnableCommand = {
  name: "ctl",
  usage: "[--socket FILE] COMMAND",
  summary: "Show the state of a running server, and control it.",
  takesSettings: false,
  words: subcommands.map(({ name, operand, summary }) => ({
    name,
    summary,
    ...(operand === undefined ? {} : { placeholder: operand }),
  })),
  options: [
    {
      name: "socket",
      placeholder: "FILE",
      description: "Control socket of the server; not needed if only one runs.",
    },
    { name: "pid", placeholder: "FILE", description: "Pidfile of the server, instead of --socket." },
    ...ctlOptions,
  ],
  async run(system, line) {
    const { subcommand, operands } = parseSubcommand(line.operands, line.options);
    const socket = subcommand.isAboutAll ? "" : await findServer(system, line);
    await subcommand.run({
      ...{ name: subcommand.name, system, socket, operands },
      has: (option) => line.options.has(option),
      valueOf(option) {
        const value = line.options.get(option);
        return typeof value === "string" ? value : undefined;
      },
      print(value, text) {
        const json = () => `${printableJson(JSON.stringify(value, null, 2))}\n`;
        system.host.write("stdout", line.options.has("json") ? json() : text);
      },
    });
    return ExitCode.normal;
  },
};
