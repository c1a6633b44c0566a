/** All worker processes there are, and what they add up to. */

import type { Member } from "../core/pool.ts";
import { isWanted } from "../core/worker_state.ts";
import type { Child } from "./child.ts";
import type { Generation } from "./generation.ts";
import type { Scoreboard } from "./scoreboard.ts";

/** A tick later than this says more about the master than about its workers. */
const longestPause = 1_000;

export class Roster {
  readonly #children = new Set<Child>();
  readonly #tokens = new Map<string, Child>();
  #lastTick: number | null = null;

  get size(): number {
    return this.#children.size;
  }

  /** Children that `visit` ends or starts are not visited. */
  forEach(visit: (child: Child) => void): void {
    Array.from(this.#children).forEach(visit);
  }

  add(child: Child, token: string): void {
    this.#children.add(child);
    this.#tokens.set(token, child);
  }

  remove(child: Child): void {
    this.#children.delete(child);
  }

  /** The child that was given `token`; a token works once. */
  redeem(token: string): Child | null {
    const child = this.#tokens.get(token) ?? null;
    this.#tokens.delete(token);
    return child;
  }

  members(): Member[] {
    return Array.from(this.#children, (child) => child.member());
  }

  bySlot(): Child[] {
    return Array.from(this.#children).sort((a, b) => a.slot - b.slot);
  }

  /** With the requests each has in flight. */
  loadedMembers(scoreboard: Scoreboard): Member[] {
    return Array.from(
      this.#children,
      (child) => ({ ...child.member(), load: scoreboard.inFlight(child.slot) }),
    );
  }

  inSlot(slot: number): Child | undefined {
    return this.#find((child) => child.slot === slot);
  }

  /** Those that serve. */
  ready(): Child[] {
    return Array.from(this.#children).filter((child) => child.state.is === "ready" && !child.isLost);
  }

  get isAnyBooting(): boolean {
    return this.#find((child) => child.state.is === "booting") !== undefined;
  }

  /** True while exactly `target` workers are meant to stay, all of them ready and none of them spent. */
  isCalm(target: number): boolean {
    const ready = this.ready().filter((child) => !child.spent).length;
    return ready === target && this.members().filter(({ is }) => is !== "leaving").length === target;
  }

  /** Those that get new connections: all that are ready, unless some of them can answer sooner than others. */
  eligible(): ReadonlySet<Child> {
    const ready = this.ready();
    const responsive = ready.filter((child) => !child.isStalled);
    return new Set(responsive.length > 0 ? responsive : ready);
  }

  /** How many workers of a generation are ready. */
  readyOf(generation: number): number {
    let count = 0;
    for (const child of this.#children) {
      if (child.state.is === "ready" && child.generation.number === generation) count++;
    }
    return count;
  }

  /** True while a worker of another generation is still meant to serve. */
  hasOtherThan(generation: number): boolean {
    return this.#find((child) => isWanted(child.state) && child.generation.number !== generation) !==
      undefined;
  }

  /** Steps every worker's deadlines; ticks are meant to come every `interval` milliseconds. */
  tick(now: number, interval: number): void {
    const pause = now - (this.#lastTick ?? now) - interval;
    this.#lastTick = now;
    this.forEach((child) => {
      // The master itself was stopped or starved: what its workers said meanwhile is still to be read.
      if (pause > longestPause) child.postpone(pause);
      child.apply({ type: "tick" }, now);
    });
  }

  uses(generation: Generation): boolean {
    return this.#find((child) => child.generation === generation) !== undefined;
  }

  #find(test: (child: Child) => boolean): Child | undefined {
    for (const child of this.#children) if (test(child)) return child;
    return undefined;
  }
}
