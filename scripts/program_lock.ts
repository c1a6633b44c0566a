/**
 * A lock file for older versions of `deno compile`, which embed every npm package that the lock file names:
 * deno.lock with only the packages that `main.ts` can reach. Newer ones have `--exclude-unused-npm` for this.
 */
import { root, run } from "./workspace.ts";

interface ModuleGraph {
  readonly modules: readonly { readonly npmPackage?: string }[];
}

interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, { dependencies?: string[]; optionalDependencies?: string[] }>;
  workspace: { dependencies: string[] };
}

export async function writeProgramLock(deno: string, path: string): Promise<void> {
  const args = ["info", "--json", "--node-modules-dir=none", "main.ts"];
  const graph = JSON.parse(await run(deno, args)) as ModuleGraph;
  const lock = JSON.parse(await Deno.readTextFile(`${root}/deno.lock`)) as Lock;
  const imported = graph.modules.flatMap((module) => module.npmPackage ?? []);
  await Deno.writeTextFile(path, JSON.stringify(restrictLock(lock, imported)));
}

/** The lock without the packages that none of `roots` needs. */
export function restrictLock(lock: Lock, roots: readonly string[]): Lock {
  const needed = new Set<string>();
  const need = (id: string): void => {
    if (needed.has(id)) return;
    needed.add(id);
    const { dependencies = [], optionalDependencies = [] } = lock.npm[id] ?? {};
    for (const name of [...dependencies, ...optionalDependencies]) {
      // A dependency is named with its version only where the lock holds several.
      Object.keys(lock.npm).filter((id) => id === name || id.startsWith(`${name}@`)).forEach(need);
    }
  };
  roots.forEach(need);

  const isNeeded = ([specifier, version]: [string, string]) => {
    const name = specifier.slice("npm:".length, specifier.lastIndexOf("@"));
    return needed.has(`${name}@${version}`);
  };
  const specifiers = Object.fromEntries(Object.entries(lock.specifiers).filter(isNeeded));
  return {
    ...lock,
    specifiers,
    npm: Object.fromEntries(Object.entries(lock.npm).filter(([id]) => needed.has(id))),
    workspace: {
      ...lock.workspace,
      dependencies: lock.workspace.dependencies.filter((specifier) => Object.hasOwn(specifiers, specifier)),
    },
  };
}
