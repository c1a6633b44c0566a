/**
 * The one place where the life of the server and its workers is told: to the log, thinned to one line a second
 * while deaths repeat, and to the feed behind the control socket.
 */

import type { Ending } from "../core/death.ts";
import { DenicornError } from "../core/errors.ts";
import type { LifecycleFault, LifecycleKind } from "../core/lifecycle.ts";
import { Throttle } from "../core/throttle.ts";
import type { Logger } from "../log/logger.ts";
import type { WorkerRange } from "../settings/worker_range.ts";
import type { Child } from "./child.ts";
import type { EventFeed } from "./event_feed.ts";

export class LifecycleLog {
  readonly #logger: Logger;
  readonly #throttle = new Throttle(1_000);
  readonly #feed: EventFeed;
  #announced = "";
  #reloads = false;

  constructor(logger: Logger, feed: EventFeed) {
    this.#logger = logger;
    this.#feed = feed;
  }

  ready(child: Child, now: number, storm: boolean): void {
    const logger = this.#logger.with(child.identity);
    const values = { ms: Math.round(now - child.bornAt) };
    this.#tell("worker-ready", `ready after ${values.ms} ms`, child);
    // In a storm a worker that comes up is no news until it stays up.
    if (storm) logger.debug("ready after {ms} ms", values);
    else logger.info("ready after {ms} ms", values);
  }

  /** `delay` is how long back-off holds the replacement, in milliseconds. */
  died(child: Child, text: string, delay: number, now: number, storm: boolean): void {
    const { failure } = child;
    const why = failure === null ? "" : `: ${failure.message}`;
    this.#tell("worker-died", text + why, child, bootFault(child, text));
    const held = storm ? this.#throttle.pass(now) : 0;
    if (held === null) return;
    const more = held === 0 ? "" : ` (and ${held} more like it)`;
    const next = delay <= 0 ? "replacing it now" : `replacing it in ${Math.round(delay)} ms`;
    this.#logger.with({ ...child.identity, detail: failure?.detail }).error`${text}${why}${more}; ${next}`;
  }

  /** The end of a worker that was meant to end. `lastWords` say what that end has cut off. */
  ended(child: Child, ending: Ending, lastWords: string): void {
    const logger = this.#logger.with(child.identity);
    const isAsMeant = ending.is === "meant" && !ending.worthNoting;
    const text = isAsMeant ? ending.text : ending.text + lastWords;
    this.#tell("worker-ended", text, child);
    if (isAsMeant) logger.info`${text}`;
    else logger.warning`${text}`;
  }

  /** `culprit` says by which request, if that is known. */
  heldUp(child: Child, ms: number, culprit: string): void {
    const text = `its event loop is held up for ${seconds(ms)}${culprit}`;
    this.#tell("worker-stalled", text, child);
    this.#logger.with(child.identity).warning`${text}`;
  }

  turnsAgain(child: Child, ms: number): void {
    const text = `its event loop turns again after ${seconds(ms)}`;
    this.#tell("worker-turns", text, child);
    this.#logger.with(child.identity).info`${text}`;
  }

  spent(child: Child, text: string): void {
    const told = `spent: ${text}: replacing it`;
    this.#tell("worker-spent", told, child);
    this.#logger.with(child.identity).info`${told}`;
  }

  spawnFailed(error: DenicornError, now: number): void {
    this.#tell("spawn-failed", error.message, null, error);
    if (this.#throttle.pass(now) !== null) this.#logger.error`${error.message}`;
  }

  reloadBegan(): void {
    this.#reloads = true;
    const text = "reload: reading settings and app anew";
    this.#tell("reload-began", text);
    this.#logger.info`${text}`;
  }

  reloadFailed(error: DenicornError, serving: number): void {
    this.#reloads = false;
    const text = `reload failed, generation ${serving} keeps serving: ${error.message}`;
    this.#tell("reload-failed", text, null, error);
    this.#logger.with({ detail: error.detail }).error`${text}`;
  }

  scaled(from: number, to: number, why: string): void {
    const text = `workers: ${from} -> ${to}: ${why}`;
    this.#tell("scaled", text);
    this.#logger.info`${text}`;
  }

  scalingHeld(target: number, why: string): void {
    this.#logger.warning`workers: ${target} and no more: ${why}`;
  }

  outOfBounds(asked: number, { min, max }: WorkerRange): void {
    this.#logger.info`workers: ${asked} are asked for, ${min} to ${max} may be`;
  }

  upgradeBegan(pid: number, command: string): void {
    const text = `upgrade: process ${pid} starts from ${command}`;
    this.#tell("upgrade-began", text);
    this.#logger.info`${text}`;
  }

  upgradeFailed(reason: string): void {
    const text = `upgrade failed, this master keeps serving: ${reason}`;
    this.#tell(
      "upgrade-failed",
      text,
      null,
      new DenicornError("upgrade-failed", `${text}: the log says why`),
    );
    this.#logger.error`${text}`;
  }

  upgraded(pid: number): void {
    const text = `process ${pid} serves: finishing requests in flight`;
    this.#tell("upgraded", text);
    this.#logger.info`${text}`;
  }

  tookOver(predecessor: string): void {
    const text = `taking over from ${predecessor}`;
    this.#tell("took-over", text);
    this.#logger.info`${text}`;
  }

  stopping(text: string): void {
    this.#tell("stopping", text);
    this.#logger.info`${text}`;
  }

  /** Says once that what was asked for is there: after the start, a reload, a change of the target. */
  complete(workers: number, generation: number, addresses: readonly string[]): void {
    const state = `${workers} ${workers === 1 ? "worker" : "workers"} of generation ${generation}`;
    const text = `${state} ready on ${addresses.map((address) => `http://${address}`).join(", ")}`;
    const kind = this.#reloads ? "reload-complete" : "complete";
    this.#reloads = false;
    if (state !== this.#announced) {
      this.#announced = state;
      this.#tell(kind, text);
      this.#logger.info`${text}`;
    }
    this.#feed.rest();
  }

  #tell(kind: LifecycleKind, text: string, child: Child | null = null, error?: DenicornError): void {
    this.#feed.tell({
      ...{ kind, text },
      ...child?.identity,
      ...(error === undefined ? {} : { error: faultOf(error) }),
    });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Of a worker that never served: whoever waits for one shall know why. */
function bootFault({ pulse, failure }: Child, text: string): DenicornError | undefined {
  if (pulse !== null) return undefined;
  if (failure === null) {
    return new DenicornError("boot-death", `cannot boot a worker: it ${text}: see the error log`);
  }
  return new DenicornError(failure.code, failure.message, { detail: failure.detail });
}

function faultOf({ code, exitCode, message, detail }: DenicornError): LifecycleFault {
  return { code, exitCode, message, ...(detail === undefined ? {} : { detail }) };
}
