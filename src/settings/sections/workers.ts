import { duration } from "../kinds/duration.ts";
import { wholeNumberOrCores } from "../kinds/number.ts";
import { one } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;

export const workerSettings = {
  workers: one(wholeNumberOrCores({ from: 1, to: 1024 }), {
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
  timeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description: "How long a worker may be silent before it is killed and replaced; 0 turns this off.",
    default: 30 * second,
    reload: true,
  }),
  gracefulTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "not to wait" }), {
    description: "How long a draining worker may take to finish its requests before it is killed.",
    default: 30 * second,
    reload: true,
  }),
};
