/** Takes tasks from the file and runs them. */

import { renewalsPerLease } from "../../core/tasks/lease_watch.ts";
import type { System } from "../../system/system.ts";
import type { Consumer, ConsumerOptions, StoreOptions, TakenTask } from "../task_store.ts";
import { claim, type Claimed, type ClaimedRow, giveBack } from "./claims.ts";
import { DueWork } from "./due_work.ts";
import { glance } from "./glance.ts";
import { release, type Returned } from "./leases.ts";
import { RunningTasks } from "./running_tasks.ts";
import type { WriteQueue } from "./write_queue.ts";

/** Milliseconds: it may be that nobody has told this process of a task. */
const safetyPoll = 5000;
/** Milliseconds to wait for a lock before that is a problem. */
const timeout = 5000;
/** Milliseconds between attempts while the store fails. */
const failurePause = { shortest: 1000, longest: 30_000 };

export class SqliteConsumer implements Consumer {
  readonly #system: System;
  readonly #queue: WriteQueue;
  readonly #options: ConsumerOptions;
  readonly #lease: number;
  readonly #tasks: RunningTasks;
  readonly #due: DueWork;
  readonly #stopHeartbeat: () => void;
  #cancelPoll: (() => void) | null = null;
  #isStopping = false;
  #isLooking = false;
  #isLookWanted = false;
  #claiming: Promise<void> | null = null;
  /** More tasks wait, as far as this process knows: the next free slot takes one without a look. */
  #mayHaveMore = false;
  #failures = 0;
  #problem: string | null = null;

  constructor(system: System, queue: WriteQueue, options: ConsumerOptions, store: StoreOptions) {
    this.#system = system;
    this.#queue = queue;
    this.#options = options;
    this.#lease = store.lease;
    this.#tasks = new RunningTasks(
      system,
      queue,
      options,
      store.retention > 0,
      (isRetried) => this.#ended(isRetried),
    );
    this.#due = new DueWork(system, queue, options.owner, store);
    this.#stopHeartbeat = system.clock.every(store.lease / renewalsPerLease, () => this.#heartbeat());
    this.wake();
  }

  get running(): readonly TakenTask[] {
    return this.#tasks.list();
  }

  wake(): void {
    if (this.#isStopping) return;
    if (this.#isLooking) this.#isLookWanted = true;
    else void this.#takeLook();
  }

  release(owner: string): void {
    const now = this.#system.clock.wall();
    void this.#queue.keep(
      "take back the tasks of a process that is gone",
      (database) => release(database, owner, now),
    ).then((returned) => this.#returned(returned), () => {});
  }

  /** An operator has cancelled a task, perhaps one of this process. */
  abort(id: string): void {
    this.#tasks.abort(Number(id));
  }

  /** How the file answers: a problem, or `null` when something was written. */
  report(problem: string | null): void {
    if (problem === null) this.#failures = 0;
    if ((this.#problem === null) === (problem === null)) return;
    this.#problem = problem;
    this.#options.onState(problem);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelPoll?.();
    await this.#claiming;
    await this.#tasks.ended();
    this.#stopHeartbeat();
  }

  /** The store is closed: what still runs is left to its leases. */
  end(): void {
    this.#isStopping = true;
    this.#cancelPoll?.();
    this.#stopHeartbeat();
    this.#tasks.close();
  }

  async giveBack(): Promise<void> {
    await this.#return(this.#tasks.abandonAll());
  }

  async #takeLook(): Promise<void> {
    this.#isLooking = true;
    this.#isLookWanted = false;
    try {
      const seen = await this.#queue.read(
        "look for tasks",
        timeout,
        (db) => glance(db, this.#options.owner),
      );
      for (const id of seen.cancelled) this.#tasks.abort(id);
      const done = await this.#due.look(seen);
      this.#returned(done.returned);
      if (seen.isAnyWaiting || done.hasChanged) this.#mayHaveMore = true;
      // While the file fails, only a write can tell that it works again.
      if (this.#mayHaveMore || this.#problem !== null) this.#claim();
      this.#pollIn(Math.min(done.nextIn, safetyPoll));
    } catch {
      // It was reported.
      this.#pollAfterFailure();
    }
    this.#isLooking = false;
    if (this.#isLookWanted) this.wake();
  }

  #claim(): void {
    if (this.#claiming !== null || this.#isStopping) return;
    if (this.#tasks.size >= this.#options.concurrency || this.#tasks.isAlone) return;
    const { wall } = this.#system.clock;
    let free = 0;
    const claiming = this.#queue.write("take tasks", timeout, (database) => {
      this.#mayHaveMore = false;
      free = this.#options.concurrency - this.#tasks.size;
      const now = wall();
      const by = { owner: this.#options.owner, leaseUntil: now + this.#lease, now };
      return claim(database, by, free, this.#tasks.size === 0);
    });
    this.#claiming = claiming.then((claimed) => this.#claimed(claimed, free), () => {
      this.#claiming = null;
      this.#tasks.doubt();
      this.#pollAfterFailure();
    });
  }

  async #claimed({ rows, isHeld }: Claimed, wanted: number): Promise<void> {
    this.#claiming = null;
    if (this.#isStopping) return await this.#return(rows).catch(() => {});
    if (isHeld || (rows.length > 0 && rows.length === wanted)) this.#mayHaveMore = true;
    for (const row of rows) this.#tasks.start(row);
    // What is held is looked at when something has ended.
    if (this.#mayHaveMore && !(isHeld && this.#tasks.size > 0)) this.#claim();
  }

  #ended(isRetried: boolean): void {
    this.#due.ended();
    if (isRetried) this.wake();
    else if (this.#mayHaveMore) this.#claim();
  }

  async #return(rows: readonly ClaimedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const now = this.#system.clock.wall();
    await this.#queue.write("give tasks back", timeout, (database) => giveBack(database, rows, now));
  }

  #returned({ count, dead }: Returned): void {
    for (const { id, name, error } of dead) this.#options.onDead({ id, name }, error);
    if (count > dead.length) this.wake();
  }

  #heartbeat(): void {
    this.#due.watchClocks();
    // A renewal that fails is tried again at the next heartbeat: a lease outlasts two of them.
    void this.#tasks.renew(() => this.#system.clock.wall() + this.#lease).catch(() => {});
  }

  #pollAfterFailure(): void {
    this.#pollIn(Math.min(failurePause.shortest * 2 ** this.#failures++, failurePause.longest));
  }

  #pollIn(ms: number): void {
    this.#cancelPoll?.();
    if (this.#isStopping) return;
    this.#cancelPoll = this.#system.clock.after(Math.max(1, ms), () => this.wake());
  }
}
