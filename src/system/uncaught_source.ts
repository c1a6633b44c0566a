/**
 * Which part of the app an uncaught error comes from, where that is known. Errors are only noted here, not caught: the
 * app's own listeners for uncaught errors still get them first.
 */

type Failed = (error: unknown) => void;

/** What was thrown last. The runtime reports it before the next microtask. */
let thrown: { readonly error: unknown; readonly failed: Failed } | null = null;

/** The promises of asynchronous listeners: the runtime reports a rejection of one in a later turn of the event loop. */
const promises = new WeakMap<Promise<unknown>, Failed>();

/** Calls `work`. If it throws or rejects, and nobody catches that, `failed` is what `failedBy` gives for it. */
export function callFor(failed: Failed, work: () => unknown): unknown {
  try {
    const result = work();
    if (result instanceof Promise) promises.set(result, failed);
    return result;
  } catch (error) {
    thrown = { error, failed };
    queueMicrotask(() => thrown = null);
    throw error;
  }
}

/** Who handles the uncaught error of this event; `null` if it is not known where it comes from. */
export function failedBy(event: Event): Failed | null {
  if (event instanceof PromiseRejectionEvent) return promises.get(event.promise) ?? null;
  if (thrown === null || !(event instanceof ErrorEvent)) return null;
  return Object.is(event.error, thrown.error) ? thrown.failed : null;
}
