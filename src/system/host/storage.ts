/** Storage of the web in a compiled program, where the runtime has no place for it: its own errors do not say what to do. */

const advice =
  "the binary has no place for it: use a file, node:sqlite or Deno KV, or run Denicorn from source";

/** From now on `caches` and `localStorage` say what to use instead. */
export function explainStorage(): void {
  if (!Deno.build.standalone) return;
  const refuse = () => Promise.reject(new TypeError(`caches.open: ${advice}`));
  Object.defineProperty(CacheStorage.prototype, "open", {
    value: refuse,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(globalThis, "localStorage", {
    get() {
      throw new TypeError(`localStorage: ${advice}`);
    },
    configurable: true,
    enumerable: true,
  });
}
