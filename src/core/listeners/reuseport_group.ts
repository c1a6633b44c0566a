/**
 * The order in which the kernel keeps the sockets of one SO_REUSEPORT group. A steering program names a socket by its
 * index, and the kernel does not report the indices, so the master tracks the same order.
 *
 * The rule (Linux, `net/core/sock_reuseport.c`): `listen()` appends a socket. When a socket closes,
 * `__reuseport_detach_sock` moves the last one into its place: `socks[i] = socks[num_socks - 1]; num_socks--`. For an
 * index of `num_socks` or more the kernel picks a socket by its own hash (`run_bpf_filter`, `reuseport_select_sock`).
 */

/** The members in the order of their index. */
export type Group<T> = readonly T[];

/** The order after `member` begins to listen. */
export function join<T>(group: Group<T>, member: T): Group<T> {
  return [...group, member];
}

/** The order after `member` closes: the last one takes its place. Unchanged if `member` is not in the group. */
export function leave<T>(group: Group<T>, member: T): Group<T> {
  const index = group.indexOf(member);
  if (index === -1) return group;
  const rest = group.slice(0, -1);
  return index === rest.length ? rest : rest.with(index, group.at(-1)!);
}

/**
 * The indices that are correct both before and after a change. A program with only these indices can be installed
 * while the change happens, at a moment the master cannot know. An index is correct if it names an eligible member that
 * is in both orders, or if it is past the end of a group in which all members are: then the kernel's hash is correct,
 * too. So of two members the one that stays is reachable, although it moves from index 1 to index 0.
 */
export function bridge<T>(
  before: Group<T>,
  after: Group<T>,
  isEligible: (member: T) => boolean,
): number[] {
  const remaining = new Set(after);
  const lasting = new Set(before.filter((member) => remaining.has(member) && isEligible(member)));
  const orders = [before, after].map((order) => ({
    order,
    isHashCorrect: order.length > 0 && order.every((member) => lasting.has(member)),
  }));
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index)
    .filter((index) =>
      orders.every(({ order, isHashCorrect }) =>
        index < order.length ? lasting.has(order[index]!) : isHashCorrect
      )
    );
}
