import { DenicornError, ExitCode } from "../../core/errors.ts";
import type { RunnableCommand } from "../command.ts";

export const types: RunnableCommand = {
  name: "types",
  usage: "",
  summary: "Print type declarations for apps and config files: denicorn types > denicorn.d.ts.",
  takesSettings: false,
  options: [],
  async run(system, { operands }) {
    if (operands.length > 0) {
      throw new DenicornError(
        "usage",
        `types: "${operands.join(" ")}" (command line) is not accepted: write the output to a file, as in ` +
          "denicorn types > denicorn.d.ts",
      );
    }
    const { renderDeclarations } = await import("../declarations.ts");
    system.host.write("stdout", renderDeclarations());
    return ExitCode.normal;
  },
};
