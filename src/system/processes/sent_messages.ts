/** `process.send` in a worker: programs for PM2 and for Node's cluster call it, and some only look whether it is there. */

/** From now on it calls `received`. Loads `process`, which takes 50 ms on Deno 2.9. */
export function receiveSent(received: (message: unknown) => void): void {
  const process: unknown = Reflect.get(globalThis, "process");
  if (typeof process !== "object" || process === null) return;
  const send = (message: unknown, ...rest: unknown[]): boolean => {
    received(message);
    const callback = rest.findLast((value) => typeof value === "function");
    if (callback !== undefined) queueMicrotask(() => Reflect.apply(callback, process, [null]));
    return true;
  };
  Object.defineProperty(process, "send", {
    value: send,
    configurable: true,
    writable: true,
    enumerable: true,
  });
}
