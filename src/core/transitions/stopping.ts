/**
 * How a server stops:
 *
 *     serving ──TERM──▶ delayed ──delay is over──▶ draining ──▶ the last worker is gone
 *        │                 │                         │
 *        └───── INT ───────┴── INT, or TERM again ───┴──▶ quick
 *
 * A master whose successor has taken over is retiring: it drains. Operators send TERM to the old master at the end of
 * an upgrade, so the first one changes nothing.
 *
 * While the stop is delayed the server serves as before, so that a load balancer has time to notice.
 */

export type Stopping =
  | { readonly is: "serving" }
  | { readonly is: "delayed"; readonly until: number }
  | { readonly is: "retiring" }
  | { readonly is: "draining" }
  | { readonly is: "quick" };

export type StoppingEvent =
  /** `delay` in milliseconds. */
  | { readonly type: "stop"; readonly how: "graceful" | "quick"; readonly delay: number }
  | { readonly type: "tick" };

interface StoppingStep {
  readonly stopping: Stopping;
  /** The phase that begins now. */
  readonly begins: "delay" | "drain" | "quick-stop" | null;
}

export function stepStopping(stopping: Stopping, event: StoppingEvent, now: number): StoppingStep {
  const stay: StoppingStep = { stopping, begins: null };
  if (event.type === "tick") {
    return stopping.is === "delayed" && now >= stopping.until ? draining : stay;
  }
  if (stopping.is === "quick") return stay;
  if (stopping.is === "retiring" && event.how === "graceful") {
    return { stopping: { is: "draining" }, begins: null };
  }
  if (stopping.is !== "serving" || event.how === "quick") {
    return { stopping: { is: "quick" }, begins: "quick-stop" };
  }
  if (event.delay <= 0) return draining;
  return { stopping: { is: "delayed", until: now + event.delay }, begins: "delay" };
}

const draining: StoppingStep = { stopping: { is: "draining" }, begins: "drain" };
