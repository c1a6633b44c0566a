import { duration } from "../kinds/duration.ts";
import { percentage, wholeNumber, wholeNumberOrCores } from "../kinds/number.ts";
import { size } from "../kinds/size.ts";
import { one, optional } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const mebibyte = 1024 ** 2;

export const scalingSettings = {
  minWorkers: optional(wholeNumberOrCores({ from: 1, to: 1024 }), {
    description: "Fewest workers under automatic scaling, which this or max-workers turns on.",
    unset: "1 under automatic scaling",
    reload: true,
  }),
  maxWorkers: optional(wholeNumberOrCores({ from: 1, to: 1024 }), {
    description: "Most workers under automatic scaling, which this or min-workers turns on.",
    unset: "one for each core, at least min-workers, under automatic scaling",
    reload: true,
  }),
  // Cheap for an event loop, and all lost with a worker: docs/autoscaling.md gives the reasons.
  targetConcurrency: one(wholeNumber({ from: 1, to: 100_000 }), {
    description: "Requests in flight for each worker above which workers are added.",
    default: 50,
    reload: true,
  }),
  scaleBacklog: one(wholeNumber({ from: 1, to: 65_535 }), {
    description: "Connections that nobody has accepted yet above which a worker is added at once.",
    default: 10,
    reload: true,
  }),
  scaleUpBusy: one(percentage({ from: 1, to: 100 }), {
    description: "Part of the time for which workers are busy above which workers are added.",
    default: 70,
    reload: true,
  }),
  scaleDownBusy: one(percentage({ from: 0, to: 99 }), {
    description: "Part of the time for which workers are busy below which a worker may go.",
    default: 30,
    reload: true,
  }),
  idleTimeout: one(duration({ from: 0.1 * second, to: 24 * hour }), {
    description: "How long fewer workers must suffice before one is drained.",
    default: 10 * second,
    reload: true,
  }),
  memoryBudget: optional(size({ from: 16 * mebibyte, to: 1024 ** 5 }), {
    description: "Memory of all workers together beyond which none is added.",
    unset: "none",
    reload: true,
  }),
};
