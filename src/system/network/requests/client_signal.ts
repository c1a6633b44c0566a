/**
 * `request.signal` that aborts when the client leaves, and at no other time. Deno 2.9 does that by itself with the
 * unstable feature `no-legacy-abort`; a program that Deno 2.7 has compiled aborts at the end of each request whatever its
 * features are (https://docs.deno.com/go/unstable-no-legacy-abort).
 */

import { attempt } from "../../../core/thrown.ts";
import { isDeno27 } from "../../runtime_internals.ts";
import { receivedIn } from "./received.ts";

const { Request, AbortController } = globalThis;

/** Whether a request that was answered aborts its signal. */
const abortsAtEnd = Deno.build.standalone && isDeno27;

/** From now on the signals of all requests that a server receives are like that. */
export function mendSignals(): void {
  if (!abortsAtEnd) return;
  const property = Object.getOwnPropertyDescriptor(Request.prototype, "signal");
  const runtimes = property?.get;
  if (property === undefined || runtimes === undefined) return;
  const known = new WeakMap<Request, AbortSignal>();
  Object.defineProperty(Request.prototype, "signal", {
    ...property,
    get(this: Request): AbortSignal {
      let signal = known.get(this);
      if (signal === undefined) {
        const given: AbortSignal = runtimes.call(this);
        const sent = attempt(() => receivedIn(this)?.completed, undefined);
        signal = sent instanceof Promise && !given.aborted ? untilSent(this, given, sent) : given;
        known.set(this, signal);
      }
      return signal;
    },
  });
}

/** Requests of which the runtime reports that their response broke, although it is whole. */
const answered = new WeakSet<Request>();

/** The response to `request` was sent whole. Call it when its `completed` is settled. */
export function wasAnswered(request: Request): void {
  if (abortsAtEnd) answered.add(request);
}

/** `sent` is settled before `given` aborts, if the response has ended; what waits for it runs a moment later. */
function untilSent(request: Request, given: AbortSignal, sent: Promise<void>): AbortSignal {
  const controller = new AbortController();
  let isSent = false;
  sent.then(() => isSent = true, () => {});
  given.addEventListener("abort", () =>
    queueMicrotask(() => {
      if (!isSent && !answered.has(request)) controller.abort(given.reason);
    }), { once: true });
  return controller.signal;
}
