/**
 * Modules that are loaded when first needed, because most starts do without them. From source, import() reads files in
 * a thread of the runtime; if that thread cannot be started, as at the limit of tasks (pids.max), the runtime ends the
 * process. So a master loads them all soon after its start, while such threads exist (they end after 10 s without
 * work). A compiled program imports without a thread.
 */

const registered: (() => Promise<unknown>)[] = [];

/** Returns a function that loads the module once. It loads again after a failure. */
export function lazyModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | null = null;
  const get = async () => {
    try {
      return await (loading ??= load());
    } catch (error) {
      loading = null;
      throw error;
    }
  };
  registered.push(get);
  return get;
}

/** Loads all of them, and those that they register themselves. Failures are left to the first use. */
export async function loadLazyModules(): Promise<void> {
  for (const load of registered) await load().catch(() => {});
}
