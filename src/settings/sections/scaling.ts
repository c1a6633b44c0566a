import { duration } from "../kinds/duration.ts";
import { percentage, wholeNumber, wholeNumberOrCores, workerBounds } from "../kinds/number.ts";
import { size } from "../kinds/size.ts";
import { one, optional } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const mebibyte = 1024 ** 2;

export const scalingSettings = {
  minWorkers: optional(wholeNumberOrCores(workerBounds), {
    description: "Minimum number of workers. Setting this or max-workers turns autoscaling on.",
    unset: "1 with autoscaling",
    reload: true,
  }),
  maxWorkers: optional(wholeNumberOrCores(workerBounds), {
    description: "Maximum number of workers. Setting this or min-workers turns autoscaling on.",
    unset: "one for each core, at least min-workers, with autoscaling",
    reload: true,
  }),
  // docs/autoscaling.md gives the reasons for the defaults.
  targetConcurrency: one(wholeNumber({ from: 1, to: 100_000 }), {
    description:
      "Add workers when there are more requests in flight per worker than this; with worker-class sync than one.",
    default: 50,
    reload: true,
  }),
  scaleBacklog: one(wholeNumber({ from: 1, to: 65_535 }), {
    description: "Add a worker at once when more connections than this wait to be accepted.",
    default: 10,
    reload: true,
  }),
  scaleUpBusy: one(percentage({ from: 1, to: 100 }), {
    description: "Add workers when they are busy for more than this share of the time.",
    default: 70,
    reload: true,
  }),
  scaleDownBusy: one(percentage({ from: 0, to: 99 }), {
    description: "Remove a worker when the workers are busy for less than this share of the time.",
    default: 30,
    reload: true,
  }),
  idleTimeout: one(duration({ from: 0.1 * second, to: 24 * hour }), {
    description: "Remove a worker only after fewer would have been enough for this long.",
    default: 10 * second,
    reload: true,
  }),
  memoryBudget: optional(size({ from: 16 * mebibyte, to: 1024 ** 5 }), {
    description: "Stop adding workers once all of them together use this much memory.",
    unset: "none",
    reload: true,
  }),
};
