import { duration } from "../kinds/duration.ts";
import { one, onOrOff } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;

/** What workers do for every app: a worker gets all of these unchanged. */
export const httpSettings = {
  compress: onOrOff({
    description: "Whether responses are compressed for clients that accept it.",
    unset: "off",
    reload: true,
  }),
  keepAlive: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a connection may be idle between two requests before the worker closes it. 0 turns this off.",
    default: 75 * second,
    reload: true,
  }),
  headerTimeout: one(duration({ from: 0.1 * second, to: hour, zero: "to turn it off" }), {
    description:
      "How long a client may take, from its connection or from the first byte of its next request on, until the head of " +
      "its request is complete. A head that has begun is answered with 408. A worker that drains waits for one no longer " +
      "than 5 s. 0 turns this off.",
    default: 10 * second,
    reload: true,
  }),
  bodyTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a client may send nothing while the app waits for more of the body of its request. It gets a 408, if it " +
      "has no answer yet. Does not apply to apps of node:http. 0 turns this off.",
    default: 30 * second,
    reload: true,
  }),
  writeTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a client may take nothing of what is sent to it before its connection is reset. 0 turns this off.",
    default: 60 * second,
    reload: true,
  }),
};
