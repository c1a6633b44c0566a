/**
 * The order in which the kernel keeps the sockets of one SO_REUSEPORT group. A program that steers connections
 * names a socket by its index, and nothing tells an index from outside, so the master keeps the same books.
 *
 * The rule (Linux, `net/core/sock_reuseport.c`): `listen()` puts a socket behind the last one. When a socket
 * closes, `__reuseport_detach_sock` moves the last one into its place:
 * `socks[i] = socks[num_socks - 1]; num_socks--`. An index of `num_socks` or more is nobody's, and the kernel
 * picks by its own hash among all (`run_bpf_filter`, `reuseport_select_sock`).
 */

/** The members by index. */
export type Group<T> = readonly T[];

/** The order after `member` listens. */
export function join<T>(group: Group<T>, member: T): Group<T> {
  return [...group, member];
}

/** The order after `member` closes: the last one fills the hole. A stranger changes nothing. */
export function leave<T>(group: Group<T>, member: T): Group<T> {
  const hole = group.indexOf(member);
  if (hole === -1) return group;
  const rest = group.slice(0, -1);
  return hole === rest.length ? rest : rest.with(hole, group.at(-1)!);
}

/**
 * The indices that are right both before and after one change: a program with only these may stand while the
 * change happens, though nobody knows the very moment. Right is an index that gives an eligible member of both
 * orders, or that is past the end while everybody there is one: the kernel's hash is right then. So with two
 * members the one that stays is found, although it moves from index 1 to index 0.
 */
export function bridge<T>(
  before: Group<T>,
  after: Group<T>,
  isEligible: (member: T) => boolean,
): number[] {
  const later = new Set(after);
  const lasting = new Set(before.filter((member) => later.has(member) && isEligible(member)));
  const orders = [before, after].map((order) => ({
    order,
    hashIsRight: order.length > 0 && order.every((member) => lasting.has(member)),
  }));
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index)
    .filter((index) =>
      orders.every(({ order, hashIsRight }) =>
        index < order.length ? lasting.has(order[index]!) : hashIsRight
      )
    );
}
