import { duration } from "../kinds/duration.ts";
import { wholeNumber, wholeNumberOrCores } from "../kinds/number.ts";
import { size } from "../kinds/size.ts";
import { surge } from "../kinds/surge.ts";
import { urlPath } from "../kinds/text.ts";
import { one, optional } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const megabyte = 1024 ** 2;
const terabyte = 1024 ** 4;

/** How many workers there may be. */
export const workerBounds = { from: 1, to: 1024 } as const;

export const workerSettings = {
  workers: one(wholeNumberOrCores(workerBounds), {
    description: "Number of worker processes; auto takes one for each core this process may use.",
    default: 1,
    short: "w",
    alias: { name: "WEB_CONCURRENCY" },
    reload: true,
  }),
  bootTimeout: one(duration({ from: 0.1 * second, to: hour }), {
    description: "How long a worker may take until it is ready.",
    default: 60 * second,
    reload: true,
  }),
  readyPath: optional(urlPath, {
    description:
      "Path each worker asks its own app for before it listens; only an answer of 2xx makes it ready.",
    unset: "not asked",
    reload: true,
  }),
  timeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description: "How long a worker may be silent before it is killed and replaced; 0 turns this off.",
    default: 30 * second,
    reload: true,
  }),
  // Half of it halves the share of connections that wait for a blocked worker (1.5 % at 100 ms, 0.7 % at 50 ms), and
  // an idle master stays below 1 % of a core.
  stallAfter: one(duration({ from: 0.02 * second, to: hour, zero: "to turn it off" }), {
    description:
      "A worker whose event loop is held up for longer gets no new connections until it turns again.",
    default: 0.05 * second,
    reload: true,
  }),
  slowRequest: one(duration({ from: 0.01 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "Requests that take longer are logged while they run, and what holds an event loop up for longer; " +
      "with 0 only what holds it up for 5s.",
    default: 0,
    reload: true,
  }),
  gracefulTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "not to wait" }), {
    description: "How long a draining worker may take to finish its requests before it is killed.",
    default: 30 * second,
    reload: true,
  }),
  shutdownDelay: one(duration({ from: 0.1 * second, to: hour, zero: "not to wait" }), {
    description:
      "How long to serve on after TERM, while the status already says stopping, before workers drain.",
    default: 0,
    reload: true,
  }),
  drainIdle: one(duration({ from: 0.01 * second, to: hour, zero: "not to look" }), {
    description: "How long a connection must carry nothing before a draining worker may close it.",
    default: 0.5 * second,
    reload: true,
  }),
  reloadSurge: one(surge, {
    description:
      "How many workers more than usual there may be while a reload replaces them; of a percentage at least one.",
    default: { percent: 25 },
    reload: true,
  }),
  maxOldGenerations: one(wholeNumber({ from: 1, to: 1_000 }), {
    description:
      "How many generations may be finishing after reloads; beyond that the workers of the oldest are killed.",
    default: 10,
    reload: true,
  }),
  maxRequests: one(wholeNumber({ from: 0, to: 1e12 }), {
    description: "A worker that has served so many requests is replaced, new before old; 0 turns this off.",
    default: 0,
    reload: true,
  }),
  maxRequestsJitter: one(wholeNumber({ from: 0, to: 1e12 }), {
    description: "Each worker adds a share of its own, up to this, to max-requests.",
    default: 0,
    reload: true,
  }),
  maxLifetime: one(duration({ from: second, to: 8_760 * hour, zero: "to turn it off" }), {
    description: "A worker that has been ready for so long is replaced, new before old; 0 turns this off.",
    default: 0,
    reload: true,
  }),
  maxLifetimeJitter: one(duration({ from: 0.001 * second, to: 8_760 * hour, zero: "for none" }), {
    description: "Each worker adds a share of its own, up to this, to max-lifetime.",
    default: 0,
    reload: true,
  }),
  // With the smallest app a worker takes 30 to 43 MB for itself.
  maxMemory: one(size({ from: 64 * megabyte, to: terabyte, zero: "to turn it off" }), {
    description:
      "A worker that takes so much memory for itself, without what it shares with others, is replaced, new " +
      "before old; 0 turns this off. Linux only.",
    default: 0,
    reload: true,
  }),
  maxMemoryJitter: one(size({ from: 1, to: terabyte, zero: "for none" }), {
    description: "Each worker adds a share of its own, up to this, to max-memory.",
    default: 0,
    reload: true,
  }),
};
