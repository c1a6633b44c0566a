import { channelPlace } from "../kinds/channel_place.ts";
import { withoutCredentials } from "../kinds/redis_password.ts";
import { duration } from "../kinds/duration.ts";
import { surge, threadBounds, wholeNumber, wholeNumberOrCores, workerBounds } from "../kinds/number.ts";
import { size, sizeOrAuto } from "../kinds/size.ts";
import { urlPath } from "../kinds/text.ts";
import { workerClass } from "../kinds/worker_class.ts";
import { one, optional } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const megabyte = 1024 ** 2;
const terabyte = 1024 ** 4;

export const workerSettings = {
  workers: one(wholeNumberOrCores(workerBounds), {
    description: "Number of worker processes; auto starts one for each core this process may use.",
    default: 1,
    short: "w",
    alias: { name: "WEB_CONCURRENCY" },
    reload: true,
  }),
  workerClass: one(workerClass, {
    description:
      "Whether a worker handles many requests at once (async) or one at a time (sync), for apps that compute for long or are " +
      "not safe to call again while they wait. With sync others go to an idle worker or wait, up to queue-size and " +
      "queue-timeout; each connection has one request, and there are no WebSockets. With threads each process runs several " +
      "workers like those of async, as threads: that saves memory, and an error that ends the process ends them all.",
    default: "async",
    short: "k",
    reload: true,
  }),
  threads: optional(wholeNumberOrCores(threadBounds), {
    description:
      "With worker-class threads: number of threads in each worker process, each with an event loop of its own. Then " +
      "workers, min-workers, max-workers and what scales them count processes.",
    unset: "the cores this process may use, divided by workers",
    reload: true,
  }),
  spareWorkers: one(wholeNumber({ from: 0, to: 64 }), {
    description:
      "Number of workers that are ready but get no new connections, and take over at once from a worker that dies, is " +
      "replaced or is blocked. The app is loaded in them as well, so its timers run. Needs steering.",
    default: 0,
    reload: true,
  }),
  bootTimeout: one(duration({ from: 0.1 * second, to: hour }), {
    description: "How long a worker may take to become ready.",
    default: 60 * second,
    reload: true,
  }),
  prepareTimeout: one(duration({ from: 0.1 * second, to: 24 * hour }), {
    description:
      "How long the function `prepare` may take that an app exports to be called once before the workers of a start or " +
      "reload load the app.",
    default: 300 * second,
    reload: true,
  }),
  readyPath: optional(urlPath, {
    description:
      "Path that each worker requests from its own app before it listens; a response of 2xx makes it ready.",
    unset: "no request",
    reload: true,
  }),
  timeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long the event loop of a worker may be blocked before the worker is killed and replaced; a worker whose " +
      "master has died ends by itself a second later. 0 turns this off. A worker that drains has until graceful-timeout, " +
      "blocked or not. This is not a limit on how long a request may take.",
    default: 30 * second,
    short: "t",
    reload: true,
  }),
  // At 100 ms 1.5 % of the connections wait for a blocked worker, at 50 ms 0.7 %, and an idle master still takes less
  // than 1 % of a core.
  stallAfter: one(duration({ from: 0.02 * second, to: hour, zero: "to turn it off" }), {
    description:
      "A worker whose event loop is blocked for longer than this gets no new connections until it responds again.",
    default: 0.05 * second,
    reload: true,
  }),
  slowRequest: one(duration({ from: 0.01 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "Log requests, while they run, that take longer than this, and each request that blocks the event loop for longer " +
      "than this. 0: only log blocks of more than 5 s.",
    default: 0,
    reload: true,
  }),
  gracefulTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "for no wait" }), {
    description: "How long a draining worker may take to finish its requests before it is killed.",
    default: 30 * second,
    reload: true,
  }),
  shutdownTimeout: one(duration({ from: 0.1 * second, to: hour, zero: "for no wait" }), {
    description:
      "How long an app may clean up after the last request of a worker: its listeners for SIGTERM, `shutdown` and " +
      "`waitUntil`. What the requests leave of graceful-timeout counts, if that is more.",
    default: 5 * second,
    reload: true,
  }),
  shutdownDelay: one(duration({ from: 0.1 * second, to: hour, zero: "for no wait" }), {
    description:
      "How long to continue serving after TERM, while the status already says stopping, before workers drain.",
    default: 0,
    reload: true,
  }),
  drainIdle: one(duration({ from: 0.01 * second, to: hour, zero: "for no wait" }), {
    description: "How long a connection must be idle before a draining worker may close it.",
    default: 0.5 * second,
    reload: true,
  }),
  reloadSurge: one(surge, {
    description:
      "Number of additional workers during a reload, or a percentage of all; a percentage means at least one.",
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
    description: "Replace a worker after this many requests, new before old; 0 turns this off.",
    default: 0,
    reload: true,
  }),
  maxRequestsJitter: one(wholeNumber({ from: 0, to: 1e12 }), {
    description: "Each worker adds a random number, up to this, to max-requests.",
    default: 0,
    reload: true,
  }),
  maxLifetime: one(duration({ from: second, to: 8_760 * hour, zero: "to turn it off" }), {
    description: "Replace a worker that has been ready for this long, new before old; 0 turns this off.",
    default: 0,
    reload: true,
  }),
  maxLifetimeJitter: one(duration({ from: 0.001 * second, to: 8_760 * hour, zero: "for none" }), {
    description: "Each worker adds a random time, up to this, to max-lifetime.",
    default: 0,
    reload: true,
  }),
  maxHeap: one(sizeOrAuto({ from: 64 * megabyte, to: terabyte, zero: "for the limit of the runtime" }), {
    description:
      "Size of the heap of JavaScript objects at which V8 ends a worker, so that it is replaced before the kernel kills " +
      "it or the master; auto divides the memory of the container or machine among all workers. 0: the limit of the " +
      "runtime, 4 GB on most machines. Buffers do not count. The binary needs 110 MB of disk for it. With worker-class threads " +
      "it is the size of each thread, and V8 ends the whole process.",
    default: 0,
    reload: true,
  }),
  // With the smallest app a worker uses 30 to 43 MB of its own.
  maxMemory: one(size({ from: 64 * megabyte, to: terabyte, zero: "to turn it off" }), {
    description:
      "Replace a worker that uses this much memory, not counting what it shares with other processes, new before " +
      "old; 0 turns this off. Linux only. With worker-class threads the memory is that of the process, and all its threads " +
      "are replaced.",
    default: 0,
    reload: true,
  }),
  maxMemoryJitter: one(size({ from: 1, to: terabyte, zero: "for none" }), {
    description: "Each worker adds a random amount, up to this, to max-memory.",
    default: 0,
    reload: true,
  }),
  channelUrl: {
    ...optional(channelPlace, {
      description:
        "Redis through which the workers of several machines hear each other's channels, such as redis://10.0.0.5:6379. " +
        "Apps that share it need a ?prefix= each. Other users can see a password on the command line: use the environment " +
        "or a config file.",
      unset: "channels reach the workers of this machine",
      reload: false,
    }),
    // Its password is hidden, the rest is shown.
    secret: true as const,
    shownIfRefused: withoutCredentials,
  },
};
