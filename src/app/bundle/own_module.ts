/** `import … from "denicorn"` needs no installed package: the bundle contains the module. */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { Projects } from "../resolve/project.ts";

/** In a config file, where functions only carry types. */
export const configModule = "export const defineConfig = (settings) => settings;";

/** In an app. Its worker has put its functions there before it imports the app. */
export const appModule = `${configModule}
const worker = globalThis[Symbol.for("denicorn.worker")];
if (worker === undefined) {
  throw new Error('cannot use the module "denicorn": it works in a worker of Denicorn only: start the app with denicorn');
}
export const { context, enqueue, ready, waitUntil } = worker;
export const channel = (name) => globalThis[Symbol.for("denicorn.channels")](name);
`;

/** `deno add npm:denicorn` maps the name to the package that has the executable, and no module. */
const ownPackage = /^npm:\/?denicorn(@|\/?$)/;

/** Unless the import map of the project at `entry`, or a package, says what the name means. */
export function ownModule(files: Files, entry: string, contents: string): Plugin {
  const projects = new Projects(files, entry);
  return {
    name: "denicorn-module",
    setup(build) {
      build.onResolve(
        { filter: /^denicorn$/ },
        ({ path, importer }) => {
          const address = projects.resolve(path, importer)?.address;
          const isOurs = address === undefined || ownPackage.test(address);
          return isOurs ? { path, namespace: "denicorn" } : null;
        },
      );
      build.onLoad({ filter: /./, namespace: "denicorn" }, () => ({ contents }));
    },
  };
}
