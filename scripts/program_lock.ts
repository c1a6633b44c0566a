/**
 * The lock file of the compiled program: deno.lock with only the packages that stay packages in it. Older
 * versions of `deno compile` embed every package that the lock file names.
 */

export interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, { dependencies?: string[]; optionalDependencies?: string[] }>;
  workspace: { dependencies: string[] };
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
