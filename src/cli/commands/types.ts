import { DenicornError, ExitCode } from "../../core/errors.ts";
import type { RunnableCommand } from "../command.ts";

export const types: RunnableCommand = {
  name: "types",
  usage: "[--schema]",
  summary: "Print type declarations for apps and config files: denicorn types > denicorn.d.ts.",
  takesSettings: false,
  options: [{
    name: "schema",
    description: "Print a JSON Schema for denicorn.config.json instead, for editors.",
  }],
  async run(system, { operands, options }) {
    if (operands.length > 0) {
      throw new DenicornError(
        "usage",
        `types: "${operands.join(" ")}" (command line) is not accepted: write the output to a file, as in ` +
          "denicorn types > denicorn.d.ts",
      );
    }
    if (options.has("schema")) {
      const { renderSchema } = await import("../schema.ts");
      system.host.write("stdout", renderSchema());
      return ExitCode.normal;
    }
    const { renderDeclarations } = await import("../declarations.ts");
    system.host.write("stdout", renderDeclarations());
    return ExitCode.normal;
  },
};
