/**
 * `layers/no-threads`: the runtime carries out asynchronous file operations, digests and, from source, import() in
 * threads of its own, which it starts when needed. Where the system refuses one, as at the limit of tasks, the runtime
 * ends the process. So the program uses the synchronous forms, and loads modules with `lazyModule`.
 */

import { isProgram } from "./levels.ts";
import { pathOf } from "./paths.ts";
import { nameOf } from "./syntax.ts";

/** Of `Deno`; each has a synchronous form. */
const asynchronous = [
  ...[
    "chmod",
    "chown",
    "copyFile",
    "link",
    "lstat",
    "makeTempDir",
    "makeTempFile",
    "mkdir",
    "open",
    "readDir",
  ],
  ...["readFile", "readLink", "readTextFile", "realPath", "remove", "rename", "stat", "symlink", "truncate"],
  ...["utime", "writeFile", "writeTextFile"],
];
const threaded = new Set([...asynchronous.map((name) => `Deno.${name}`), "crypto.subtle"]);

/** Processes that end soon or only start, and what a master loads with `preloadModules`. */
const mayImport = [
  "main.ts",
  "src/cli/",
  "src/worker/",
  "src/app/load/",
  "src/app/config/config_process.ts",
  "src/app/config/imported_hooks.ts",
  "src/app/bundle/esbuild.ts",
  // At the start of a master, when there are threads.
  "src/master/channels/open_other_machines.ts",
  // What only workers ask for.
  "src/system/deno_system.ts",
];

export const noThreads: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (path === undefined || !isProgram(path)) return {};
    const report = (node: Deno.lint.Node, what: string, hint: string) =>
      context.report({ node, message: `${what} needs a thread`, hint });
    return {
      MemberExpression(node) {
        const name = nameOf(node);
        if (name === undefined || !threaded.has(name)) return;
        report(node, name, "Use the synchronous form, or sha256 of src/core/sha256.ts.");
      },
      ImportExpression(node) {
        if (mayImport.some((place) => path.startsWith(place)) || isLazy(node)) return;
        report(node, "import()", "Load the module with lazyModule of src/system/lazy_module.ts.");
      },
      Property(node) {
        if (nameOf(node.key) === "nonblocking") report(node, "nonblocking", "Make the call synchronous.");
      },
    };
  },
};

/** `lazyModule(() => import("./a.ts"))`. */
function isLazy({ parent }: Deno.lint.ImportExpression): boolean {
  return parent.type === "ArrowFunctionExpression" && parent.parent.type === "CallExpression" &&
    nameOf(parent.parent.callee) === "lazyModule";
}
