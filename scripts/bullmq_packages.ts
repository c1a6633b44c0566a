/**
 * BullMQ and its client of Redis in a bundle of their own, which all programs share, and which is read when something is in
 * Redis. What they need is in node_modules, where their packages find each other.
 */
import type { Plugin } from "esbuild";
import { builtinModules } from "node:module";
import { BuildError, exists, root } from "./workspace.ts";

/** What src/tasks/bullmq/ imports. The rest of BullMQ is for other databases: it would be a fourth of the chunk. */
const parts = ["queue", "worker", "errors"];

// Those that have the prefix are only known by it: node:sqlite.
const bare = builtinModules.filter((name) => /^[a-z][^:]*$/.test(name));
const builtins = new RegExp(`^(${bare.join("|")})$`);

const packages = ["bullmq", "ioredis"];
const bundle = "packages";

/** Options of esbuild for their bundle in `dir`. */
export function packagesOfBullMq(dir: string) {
  return { entryPoints: packages, outdir: `${dir}/${bundle}` };
}

/**
 * Makes the bundle of a program, in another folder beside theirs, import them from there. That their bundle exports what
 * is imported is only seen when it is loaded: tests of tasks and channels do, with the executable.
 */
export const bullMqPackagesApart: Plugin = {
  name: "bullmq-packages-apart",
  setup({ onResolve }) {
    onResolve(
      { filter: new RegExp(`^(${packages.join("|")})$`) },
      ({ path }) => ({ path: `../${bundle}/${path}.js`, external: true }),
    );
  },
};

export const bullMqPackages: Plugin = {
  name: "bullmq-packages",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^bullmq$/ }, ({ path }) => ({ path, namespace: "bullmq" }));
    onLoad({ filter: /./, namespace: "bullmq" }, async () => {
      const folder = `${root}/node_modules/bullmq/dist/esm/classes`;
      if (!await exists(folder)) {
        throw new BuildError(
          `cannot bundle BullMQ: ${folder} does not exist: run make build, which installs it`,
        );
      }
      const contents = parts.map((part) => `export * from ${JSON.stringify(`${folder}/${part}`)};`).join(
        "\n",
      );
      return { contents, resolveDir: folder };
    });
    onResolve({ filter: /^ioredis$/ }, ({ path, kind, pluginData }) => {
      if (kind === "entry-point") return { path, namespace: "ioredis" };
      return pluginData === "ioredis"
        ? null
        : resolve(path, { kind, resolveDir: root, pluginData: "ioredis" });
    });
    // It is CommonJS: the names of its exports are not known.
    onLoad({ filter: /./, namespace: "ioredis" }, () => ({
      contents: `export { Redis } from "ioredis";`,
      resolveDir: root,
    }));

    // These packages name modules of Node without the prefix.
    const namespace = "builtin-of-node";
    onResolve(
      { filter: builtins },
      ({ path, kind }) =>
        kind === "require-call" ? { path, namespace } : { path: `node:${path}`, external: true },
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `export * from "node:${path}"; export { default } from "node:${path}";`,
    }));
    // For colors of a debug output that nobody switches on.
    onResolve({ filter: /^supports-color$/ }, ({ path }) => ({ path, external: true }));
  },
};
