/** What goes wrong with tasks on Redis, in words that say what to do. */

import { messageOf } from "../../core/thrown.ts";
import { connectionProblem, unknownProblem } from "../../redis/connection_problem.ts";

const causes: readonly (readonly [pattern: RegExp, say: (place: string, message: string) => string])[] = [
  [
    /^NOPERM/,
    (place, message) =>
      `Redis at ${place} does not permit it (${message}): give its user the rights of BullMQ, or another one in task-store`,
  ],
  [
    /^OOM |command not allowed when used memory/,
    (place) =>
      `Redis at ${place} has reached its maxmemory: raise it, or remove tasks with denicorn ctl tasks purge`,
  ],
  [
    /^READONLY|write against a read only replica/,
    (place) => `Redis at ${place} is a replica, which takes no tasks: name its master in task-store`,
  ],
  [
    /^(MOVED|ASK|CROSSSLOT|CLUSTER)/,
    (place) =>
      `Redis at ${place} is part of a cluster, which has no place for a queue: name a server of its own in task-store`,
  ],
  [
    /^VERSION /,
    (place, message) =>
      `Redis at ${place} is too old (${message.slice("VERSION ".length)}): it has to be 6.2 or newer`,
  ],
  [
    /^MISCONF/,
    (place) => `Redis at ${place} cannot write to its disk (MISCONF): see its log, and make room there`,
  ],
  [
    /^(ERR )?DB index is out of range|invalid DB index/,
    (place) => `Redis at ${place} has no such database: name another one in task-store`,
  ],
];

/** One sentence: the state of Redis, a colon, and what to do; the message of an error that is not of Redis. */
export function redisProblem(place: string, error: unknown): string {
  return connectionProblem(place, error, "task-store") ??
    causes.find(([pattern]) => pattern.test(messageOf(error)))?.[1](place, messageOf(error)) ??
    unknownProblem(place, error);
}
