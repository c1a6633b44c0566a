/**
 * Reports what happens to the server and its workers, in words: to the log, reduced to one line a second while
 * deaths repeat, and to the event log that status, dashboard and `denicorn ctl events` read.
 */

import type { Ending } from "../../core/pool/death.ts";
import { DenicornError } from "../../core/errors.ts";
import type { PauseReason, WorkerRole } from "../../protocol/messages.ts";
import type { LifecycleFault, LifecycleKind } from "../../core/telemetry/lifecycle.ts";
import type { RunningRequest } from "../../core/telemetry/running_request.ts";
import type { SlotReading } from "../../core/telemetry/scoreboard.ts";
import { Throttle } from "../../core/throttle.ts";
import type { Log, Logger } from "../../log/logger.ts";
import type { WorkerRange } from "../../settings/worker_range.ts";
import type { Clock } from "../../system/system.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { EventLog } from "./event_log.ts";

/** Milliseconds between two lines about pauses of one worker. */
const pauseInterval = 1_000;

/** Of the workers of one generation. */
interface GenerationProgress {
  readonly ready: number;
  /** How many there will be. */
  readonly workers: number;
}

const uncounted: GenerationProgress = { ready: 0, workers: 0 };

const pauseTexts: Readonly<Record<PauseReason, string>> = {
  "app": "wants no new connections: its app has called ready(false)",
  "open-files":
    "wants no new connections: too few file descriptors are free: raise the limit (ulimit -n, LimitNOFILE=), " +
    "or look for files that the app does not close",
};

export class LifecycleLog {
  readonly #log: Pick<Log, "logger" | "showProgress">;
  readonly #throttle = new Throttle(1_000);
  readonly #pauseThrottles = new WeakMap<WorkerHandle, Throttle>();
  readonly #shownPauses = new WeakSet<WorkerHandle>();
  readonly #eventLog: EventLog;
  readonly #scoreboard: Pick<Scoreboard, "read">;
  readonly #clock: Pick<Clock, "wall">;
  #announced = "";
  #isReloading = false;
  /** Workers of a start or a reload are not ready yet. */
  #isAwaited = true;

  /** `scoreboard` says which request a worker was busy with. */
  constructor(
    log: Pick<Log, "logger" | "showProgress">,
    eventLog: EventLog,
    scoreboard: Pick<Scoreboard, "read">,
    clock: Pick<Clock, "wall">,
  ) {
    this.#log = log;
    this.#eventLog = eventLog;
    this.#scoreboard = scoreboard;
    this.#clock = clock;
  }

  get #logger(): Logger {
    return this.#log.logger;
  }

  /** The app of the first generation is bundled and prepared. */
  building(): void {
    if (!this.#log.showProgress("building the app")) this.#logger.info("building the app");
  }

  ready(
    worker: WorkerHandle,
    now: number,
    isCrashLoop: boolean,
    { ready, workers }: GenerationProgress = uncounted,
  ): void {
    const logger = this.#logger.with(worker.identity);
    // Where workers are being removed, there are more than there will be.
    const isCounted = workers > 1 && ready <= workers;
    const ms = Math.round(now - worker.bornAt);
    const text = "ready after {ms} ms" + (isCounted ? ": {ready} of {workers} workers ready" : "");
    const values = isCounted ? { ms, ready, workers } : { ms };
    this.#record(kindFor(worker, "worker-ready"), `ready after ${ms} ms`, worker);
    const isShown = isCounted && this.#isAwaited &&
      this.#log.showProgress(`${ready} of ${workers} workers ready`);
    // In a crash loop a worker that becomes ready is not news until it stays ready.
    if (isCrashLoop || isShown) logger.debug(text, values);
    else logger.info(text, values);
  }

  /** The worker died, as `how` describes; `delay` is how long the back-off delays the replacement, in milliseconds. */
  died(worker: WorkerHandle, how: string, delay: number, now: number, isCrashLoop: boolean): void {
    const text = how + this.#busyWith(worker);
    const { failure } = worker;
    const why = failure === null ? "" : `: ${failure.message}`;
    this.#record(kindFor(worker, "worker-died"), text + why, worker, bootFault(worker, text));
    const suppressed = isCrashLoop ? this.#throttle.pass(now) : 0;
    if (suppressed === null) return;
    const more = suppressed === 0 ? "" : ` (and ${suppressed} more like it)`;
    const next = delay <= 0 ? "replacing it now" : `replacing it in ${Math.round(delay)} ms`;
    this.#logger.with({ ...worker.identity, detail: failure?.detail }).error`${text}${why}${more}; ${next}`;
  }

  /** The worker ended as expected, or during a stop. */
  ended(worker: WorkerHandle, ending: Ending): void {
    const logger = this.#logger.with(worker.identity);
    const isAsExpected = ending.is === "expected" && !ending.worthReporting;
    const text = isAsExpected ? ending.text : ending.text + this.#busyWith(worker);
    this.#record(kindFor(worker, "worker-ended"), text, worker);
    if (isAsExpected) logger.info`${text}`;
    else logger.warning`${text}`;
  }

  blocked(worker: WorkerHandle, ms: number): void {
    const text = `event loop blocked for ${seconds(ms)}${this.#blockedBy(worker)}`;
    this.#record(kindFor(worker, "worker-stalled"), text, worker);
    this.#logger.with(worker.identity).warning`${text}`;
  }

  responsiveAgain(worker: WorkerHandle, ms: number): void {
    const text = `event loop responsive again after ${seconds(ms)}`;
    this.#record(kindFor(worker, "worker-recovered"), text, worker);
    this.#logger.with(worker.identity).info`${text}`;
  }

  /** The worker has paused, or wants new connections again. */
  paused(worker: WorkerHandle, now: number): void {
    const { pausedBecause } = worker;
    const logger = this.#logger.with(worker.identity);
    if (pausedBecause === null) {
      if (!this.#shownPauses.delete(worker)) return;
      const text = "wants new connections again";
      this.#record("worker-resumed", text, worker);
      logger.info`${text}`;
      return;
    }
    const throttle = this.#pauseThrottles.get(worker) ?? new Throttle(pauseInterval);
    this.#pauseThrottles.set(worker, throttle);
    if (throttle.pass(now) === null) return;
    this.#shownPauses.add(worker);
    const text = pauseTexts[pausedBecause];
    this.#record("worker-paused", text, worker);
    if (pausedBecause === "open-files") logger.warning`${text}`;
    else logger.info`${text}`;
  }

  /** A spare gets new connections from now on. */
  promoted(worker: WorkerHandle): void {
    const text = "takes over: it was a spare";
    this.#record("spare-promoted", text, worker);
    this.#logger.with(worker.identity).info`${text}`;
  }

  sparesRefused(count: number): void {
    this.#logger
      .warning`spare-workers ${count}: none is started, because without steering they would get connections like any ${"worker"}: add to --workers instead`;
  }

  dueForRecycling(worker: WorkerHandle, text: string): void {
    const line = `due for recycling: ${text}: replacing it`;
    this.#record(kindFor(worker, "worker-due"), line, worker);
    this.#logger.with(worker.identity).info`${line}`;
  }

  spawnFailed(error: DenicornError, now: number, role: WorkerRole): void {
    this.#record(role === "tasks" ? "task-spawn-failed" : "spawn-failed", error.message, null, error);
    if (this.#throttle.pass(now) !== null) this.#logger.error`${error.message}`;
  }

  reloadBegan(): void {
    this.#isReloading = true;
    this.#isAwaited = true;
    const text = "reload: reading settings and app again";
    this.#record("reload-began", text);
    this.#logger.info`${text}`;
    this.#log.showProgress("building the app");
  }

  /** The start or the reload in progress is complete, or will not be: why is said elsewhere. */
  endWait(): void {
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    this.#log.showProgress(null);
  }

  reloadFailed(error: DenicornError, serving: number): void {
    this.endWait();
    this.#isReloading = false;
    const text = `reload failed, generation ${serving} keeps serving: ${error.message}`;
    this.#record("reload-failed", text, null, error);
    this.#logger.with({ detail: error.detail }).error`${text}`;
  }

  scaled(from: number, to: number, why: string): void {
    const text = `workers: ${from} -> ${to}${why === "requested" ? " (requested)" : `: ${why}`}`;
    this.#record("scaled", text);
    this.#logger.info`${text}`;
  }

  tasksScaled(from: number, to: number, why: string): void {
    const text = `task workers: ${from} -> ${to}: ${why}`;
    this.#record("task-workers-scaled", text);
    this.#logger.info`${text}`;
  }

  /** The store of the tasks does not answer (`problem`), or answers again (`null`). */
  taskStore(problem: string | null): void {
    if (problem === null) this.#logger.info("the task store answers again");
    else this.#logger.error`${problem}`;
  }

  scalingLimited(target: number, why: string): void {
    this.#logger.warning`not scaling beyond ${target} ${target === 1 ? "worker" : "workers"}: ${why}`;
  }

  outOfRange(requested: number, { min, max }: WorkerRange): void {
    this.#logger.info`${requested} ${
      requested === 1 ? "worker" : "workers"
    } requested, the allowed range is ${min} to ${max}`;
  }

  upgradeBegan(pid: number, command: string): void {
    const text = `upgrade: process ${pid} starts from ${command}`;
    this.#record("upgrade-began", text);
    this.#logger.info`${text}`;
  }

  upgradeFailed(reason: string): void {
    const text = `upgrade failed, this master keeps serving: ${reason}`;
    this.#record(
      "upgrade-failed",
      text,
      null,
      new DenicornError("upgrade-failed", `${text}: see the error log`),
    );
    this.#logger.error`${text}`;
  }

  upgraded(pid: number): void {
    const text = `process ${pid} serves: finishing requests in flight`;
    this.#eventLog.emit({ kind: "upgraded", text, pid });
    this.#logger.info`${text}`;
  }

  tookOver(oldMaster: number): void {
    const text = `taking over from process ${oldMaster}`;
    this.#record("took-over", text);
    this.#logger.info`${text}`;
  }

  /** No worker is started any more. */
  reloadEnds(): void {
    if (!this.#isReloading) return;
    this.#isReloading = false;
    const text = "reload abandoned: the server is stopping";
    this.#record("reload-abandoned", text);
    this.#logger.info`${text}`;
  }

  stopping(text: string): void {
    this.endWait();
    this.#record("stopping", text);
    this.#logger.info`${text}`;
  }

  /** The pool matches the target: reported once after the start, a reload, and each change of the target. */
  complete(
    { target: workers, spares }: { readonly target: number; readonly spares: number },
    generation: number,
    urls: readonly string[],
  ): void {
    const besides = spares === 0 ? "" : ` and ${spares} ${spares === 1 ? "spare" : "spares"}`;
    const state = `${workers} ${workers === 1 ? "worker" : "workers"}${besides} of generation ${generation}`;
    const text = workers === 0
      ? "no workers (requested): new connections are refused until HUP, TTIN or `denicorn ctl scale`"
      : `${state} ready on ${urls.join(", ")}`;
    this.endWait();
    const kind = this.#isReloading ? "reload-complete" : "complete";
    this.#isReloading = false;
    if (state !== this.#announced) {
      this.#announced = state;
      this.#record(kind, text);
      this.#logger.info`${text}`;
    }
    this.#eventLog.notifyIdle();
  }

  /** A handler that has not returned is certainly the cause; the longest request is only a hint. */
  #blockedBy(worker: WorkerHandle): string {
    const { entered, longest } = this.#runningRequests(worker);
    if (entered !== null) return ` by ${entered.method} ${entered.path}`;
    return longest === null ? "" : `; the longest request in flight is ${longest.method} ${longest.path}`;
  }

  /** What a worker was doing when it ended. One that still runs finishes it. */
  #busyWith(worker: WorkerHandle): string {
    if (worker.state.is !== "gone") return "";
    const { entered, longest } = this.#runningRequests(worker);
    if (entered !== null) return `, busy with ${this.#withDuration(entered)}`;
    return longest === null ? "" : `, with requests in flight, the longest ${this.#withDuration(longest)}`;
  }

  /** A slot keeps its last values until another worker gets it. */
  #runningRequests({ slot, process }: WorkerHandle): Pick<SlotReading, "entered" | "longest"> {
    const reading = this.#scoreboard.read(slot);
    return reading.pid === process.pid ? reading : { entered: null, longest: null };
  }

  #withDuration({ method, path, since }: RunningRequest): string {
    return `${method} ${path} for ${seconds(Math.max(0, this.#clock.wall() - since))}`;
  }

  #record(
    kind: LifecycleKind,
    text: string,
    worker: WorkerHandle | null = null,
    error?: DenicornError,
  ): void {
    this.#eventLog.emit({
      ...{ kind, text },
      ...worker?.identity,
      ...(error === undefined ? {} : { error: faultOf(error) }),
    });
  }
}

type WorkerKind = "ready" | "died" | "ended" | "due" | "stalled" | "recovered";

/** Commands that wait for workers are not about task workers. */
function kindFor({ role }: WorkerHandle, kind: `worker-${WorkerKind}`): LifecycleKind {
  return role === "tasks" ? `task-${kind}` : kind;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Why a worker was never ready, for commands that wait for one. */
function bootFault({ hasBeenReady, failure }: WorkerHandle, text: string): DenicornError | undefined {
  if (hasBeenReady) return undefined;
  if (failure === null) {
    return new DenicornError("boot-death", `cannot boot a worker: it ${text}: see the error log`);
  }
  return new DenicornError(failure.code, failure.message, { detail: failure.detail });
}

function faultOf({ code, exitCode, message, detail }: DenicornError): LifecycleFault {
  return { code, exitCode, message, ...(detail === undefined ? {} : { detail }) };
}
