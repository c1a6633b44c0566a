/** What can go wrong with a request, by kind: the label of the metric, and the place of its count in the scoreboard. */

/**
 * Who was at fault: the client with what it sent (`invalid`, `large`, `slow`), nobody but the load (`busy`), the app by
 * throwing (`fault`), by a body that failed while it was sent (`broken`) or by its time (`late`), the client that did not
 * wait for the end of the response (`left`), and the end of the worker (`cut`).
 */
export const failureKinds = [
  "invalid",
  "large",
  "slow",
  "busy",
  "fault",
  "broken",
  "late",
  "left",
  "cut",
] as const;

export type FailureKind = typeof failureKinds[number];
