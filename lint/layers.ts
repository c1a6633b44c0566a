/**
 * The architecture as lint rules.
 *
 * `layers/imports-point-down`: a file of the program imports from its own part of the program and from parts on
 * lower levels, as the table in levels.ts has them.
 *
 * `layers/effects-in-system`: outside src/system/ nothing touches the world by itself; see effects.ts.
 *
 * `layers/no-threads`: nothing needs a thread that the system may refuse; see threads.ts.
 */

import { effectsInSystem } from "./effects.ts";
import { isProgram, objection } from "./levels.ts";
import { pathOf } from "./paths.ts";
import { textOf } from "./syntax.ts";
import { noThreads } from "./threads.ts";

const importsPointDown: Deno.lint.Rule = {
  create(context) {
    const from = pathOf(context.filename);
    if (from === undefined || !isProgram(from)) return {};

    const check = (source: Deno.lint.Node | null) => {
      const specifier = source === null ? undefined : textOf(source);
      if (source === null || specifier === undefined || !specifier.startsWith(".")) return;
      const to = pathOf(context.filename, specifier);
      if (to === undefined || !isProgram(to)) return;
      const message = objection(from, to);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      TSImportType: ({ argument }) => check(argument),
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "imports-point-down": importsPointDown,
    "effects-in-system": effectsInSystem,
    "no-threads": noThreads,
  },
};
export default plugin;
