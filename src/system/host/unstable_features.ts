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
  if (wanted.includes("kv")) requirePath();
}

/** The default place of a database belongs to the main module, which is Denicorn for all apps of a user. */
function requirePath(): void {
  const open: unknown = Reflect.get(Deno, "openKv");
  if (typeof open !== "function") return;
  const openKv = (path?: string) =>
    path === undefined
      ? Promise.reject(
        new TypeError("Deno.openKv: no path is given: name a file, such as Deno.openKv('data.kv')"),
      )
      : Reflect.apply(open, Deno, [path]);
  Object.defineProperty(Deno, "openKv", { value: openKv, configurable: true, enumerable: true });
}
