/** Which workers listen, which of them get the new connections, and which are held up. */

import type { Handover } from "../control/commands.ts";
import type { Settings } from "../settings/settings.ts";
import type { Clock } from "../system/system.ts";
import type { Child } from "./child.ts";
import type { LifecycleLog } from "./lifecycle_log.ts";
import { ListeningTurns } from "./listening_turns.ts";
import type { Roster } from "./roster.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { Stalls } from "./stalls.ts";
import type { Steering } from "./steering.ts";
import { Watch } from "./watch.ts";

/** Milliseconds between two looks while no worker has anything to do. */
const restingPause = 100;

export class Traffic {
  readonly #clock: Clock;
  readonly #roster: Roster;
  readonly #steering: Steering;
  readonly #watch: Watch;
  readonly #stalls: Stalls;
  /** No worker has had anything to do of late. */
  #isResting = true;
  readonly #turns = new ListeningTurns((child) => this.#steering.expect(child));

  constructor(
    clock: Clock,
    roster: Roster,
    steering: Steering,
    scoreboard: Scoreboard,
    lifecycle: LifecycleLog,
  ) {
    this.#clock = clock;
    this.#roster = roster;
    this.#steering = steering;
    this.#watch = new Watch(roster, scoreboard);
    this.#stalls = new Stalls(clock, roster, scoreboard, lifecycle);
  }

  /** Where workers send their listening sockets, if anywhere. */
  get postBox(): string | null {
    return this.#steering.postBox;
  }

  /** Connections that wait to be accepted; `null` where only the workers hold the sockets. */
  get backlog(): number | null {
    return this.#steering.waiting();
  }

  /** True if a worker that finishes leaves its new connections to others. */
  get isSteered(): boolean {
    return this.#steering.isOn;
  }

  /**
   * Looks at the beats every `interval` milliseconds and calls `changed` when a worker is held up longer than
   * `stallAfter` says, or turns again; a long stall is told. The returned function ends it. While all workers rest
   * it looks less often: 40 looks a second took the master 0.7 % of a core.
   */
  watch(
    interval: number,
    settings: () => Pick<Settings, "stallAfter" | "slowRequest">,
    changed: () => void,
  ): () => void {
    let cancel = () => {};
    const look = (pause: number) => {
      cancel = this.#clock.after(pause, () => {
        const { stallAfter, slowRequest } = settings();
        const sight = this.#watch.look(this.#clock.monotonic(), pause, stallAfter);
        this.#isResting = sight.isResting;
        this.#stalls.tell(slowRequest);
        if (sight.changed) changed();
        look(sight.isResting ? Math.max(interval, restingPause) : interval);
      });
    };
    look(interval);
    return () => cancel();
  }

  /** The worker has loaded its app, or has room again for the listeners it lost. */
  queue(child: Child): void {
    // Two masters count by the same order now; it asks again.
    if (child.state.is === "ready" && this.#steering.isFrozen) return;
    this.#turns.queue(child);
  }

  /** The worker listens. `kept` says why its sockets did not come, where they were wanted. */
  join(child: Child, kept: string | undefined): void {
    if (kept === undefined) this.#steering.join(child);
    else this.#steering.giveUp(kept);
    this.#turns.finish(child);
  }

  /** The worker's process is gone. */
  leave(child: Child): void {
    this.#steering.leave(child);
    this.#turns.finish(child);
  }

  /** Sends copies of all listening sockets to a successor, where both can; gives the processes that serve. */
  handOver(postBox: string | null): Pick<Handover, "workers" | "areSent"> {
    if (postBox === null || !this.isSteered) {
      return { workers: this.#roster.bySlot().map(({ process }) => process.pid), areSent: false };
    }
    return { workers: this.#steering.handOver(postBox), areSent: true };
  }

  /** The successor steers from now on. */
  suspend(): void {
    this.#steering.suspend();
  }

  /** False while strangers listen, such as workers that an upgrade left when it failed. */
  get isOrderKnown(): boolean {
    return this.#steering.isOrderKnown;
  }

  /** Leaves new connections to the kernel. */
  giveUp(reason: string): void {
    this.#steering.giveUp(reason);
  }

  /** There will be no successor, and none of its workers is left. */
  resume(): void {
    this.#steering.takeOver();
  }

  /** Gives the new connections to whom they belong now. */
  settle(): void {
    this.#steering.update(this.#roster.eligible());
  }

  /** Lets nobody new in; those who wait are still served. False where that cannot be done, or nobody comes. */
  refuse(): boolean {
    return !this.#isResting && this.#steering.refuse();
  }

  /** Ends the listening of all workers. */
  shut(): void {
    this.#steering.shut();
  }

  /** Nobody is left to take them: every worker closes its own listeners. */
  release(): void {
    this.#steering.release();
  }
}
