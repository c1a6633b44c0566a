/**
 * When a lease that has ended means that its owner is gone. Leases are times of the wall clock, which all processes share
 * and which someone may set: after that, every lease looks older or younger than it is, until its owner renews it.
 */

/** The part of a lease by which the wall clock may move against the monotonic one. */
const tolerance = 0.1;
/** Owners renew a lease this often while it lasts. */
export const renewalsPerLease = 3;
/** A process that has not looked for so much of a lease was stopped, and perhaps the whole machine with it. */
const longestGap = 2 / renewalsPerLease;
/** A lease that ends later than this many leases from now was begun before the wall clock was set back. */
const furthestLease = 4;

export class LeaseWatch {
  readonly #lease: number;
  /** How far the wall clock was ahead of the monotonic one when it was last set. */
  #offset = NaN;
  #lookedAt = -Infinity;
  #trustedFrom = Infinity;

  /** `lease` in milliseconds. */
  constructor(lease: number) {
    this.#lease = lease;
  }

  /**
   * Whether leases that have ended by the wall clock have ended indeed. That is so when the clock has run evenly for a whole
   * lease, in which every living owner has renewed its own. Call it at least `renewalsPerLease` times in each lease.
   */
  canExpire(wall: number, monotonic: number): boolean {
    const offset = wall - monotonic;
    const isEven = Math.abs(offset - this.#offset) <= tolerance * this.#lease;
    if (!isEven || monotonic - this.#lookedAt > longestGap * this.#lease) {
      this.#offset = offset;
      this.#trustedFrom = monotonic + this.#lease;
    }
    this.#lookedAt = monotonic;
    return monotonic >= this.#trustedFrom;
  }
}

/** What ends later than this was not begun by the clock as it is now: it is to end one lease from now. */
export function furthestLeaseEnd(wall: number, lease: number): number {
  return wall + furthestLease * lease;
}
