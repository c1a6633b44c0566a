import { DenicornError, ExitCode } from "../../core/errors.ts";
import type { RunnableCommand } from "../command.ts";
import { completionSteps, renderCompletions, type Shell, shells } from "../completions.ts";

export const completions: RunnableCommand = {
  name: "completions",
  usage: shells.join("|"),
  summary: "Print a completion script for a shell.",
  takesSettings: false,
  words: shells.map((name) => ({
    name,
    summary: `Completions for ${name}. To install them: ${completionSteps[name]}`,
  })),
  options: [],
  async run(system, line, allCommands) {
    const [shell, ...rest] = line.operands;
    if (!isShell(shell) || rest.length > 0) {
      const given = line.operands.join(" ");
      throw new DenicornError(
        "usage",
        `completions: "${given}" (command line) is not accepted: give ${shells.join(", ")}`,
      );
    }
    system.host.write("stdout", renderCompletions(shell, await allCommands()));
    return ExitCode.normal;
  },
};

function isShell(word: string | undefined): word is Shell {
  return shells.some((shell) => shell === word);
}
