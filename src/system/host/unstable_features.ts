/**
 * Unstable features of the runtime. They are on in every process, because a compiled program cannot be given others; an
 * app gets those that its deno.json names.
 */

/** The members of `Deno` that each feature adds. */
const members: Readonly<Record<string, readonly string[]>> = {
  cron: ["cron"],
  kv: ["AtomicOperation", "Kv", "KvListIterator", "KvU64", "openKv"],
  webgpu: ["UnsafeWindowSurface", "webgpu"],
};

/** From now on the app sees only the features in `wanted`. */
export function offerFeatures(wanted: readonly string[]): void {
  for (const [feature, names] of Object.entries(members)) {
    if (!wanted.includes(feature)) names.forEach((name) => Reflect.deleteProperty(Deno, name));
  }
}
