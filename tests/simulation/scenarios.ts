/** Loads for the autoscaler; each is drawn as a curve in docs/autoscale/. */

import type { Limits } from "../../src/core/pool/autoscale.ts";
import { day, onOff, ramp, step } from "./arrivals.ts";
import type { Scenario } from "./simulate.ts";

export const limits: Limits = {
  min: 1,
  max: 16,
  cores: 4,
  targetConcurrency: 50,
  scaleBacklog: 10,
  scaleUpBusy: 0.7,
  scaleDownBusy: 0.3,
  idleTimeout: 10_000,
  memoryBudget: null,
};

export interface NamedScenario extends Scenario {
  readonly title: string;
}

const waits = { compute: 0.5, wait: 200 } as const;
const computes = { compute: 20, wait: 0 } as const;
const mixed = { compute: 8, wait: 40 } as const;

export const scenarios = {
  step: {
    title: "300 clients for a minute, 200 ms of waiting each",
    arrivals: { type: "closed", count: step(2, 300, 10, 70) },
    service: waits,
    limits,
    lasts: 120,
    seed: 1,
  },
  ramp: {
    title: "From none to 1200 requests a second in a minute, 200 ms of waiting each",
    arrivals: { type: "open", perSecond: ramp(0, 1200, 5, 65) },
    service: waits,
    limits,
    lasts: 90,
    seed: 2,
  },
  spike: {
    title: "A spike of two seconds, 200 ms of waiting each",
    arrivals: { type: "closed", count: step(5, 400, 10, 12) },
    service: waits,
    limits,
    lasts: 120,
    seed: 3,
  },
  day: {
    title: "Two days of five minutes, 200 ms of waiting each",
    arrivals: { type: "open", perSecond: day(10, 1000, 300) },
    service: waits,
    limits,
    lasts: 600,
    seed: 4,
  },
  onOff: {
    title: "25 s on, 25 s off, 200 ms of waiting each: the stabilization window grows",
    arrivals: { type: "closed", count: onOff(5, 250, 25, 25) },
    service: waits,
    limits,
    lasts: 400,
    seed: 5,
  },
  compute: {
    title: "50 clients for a minute, 20 ms of computing each, on 4 cores",
    arrivals: { type: "closed", count: step(0, 50, 10, 70) },
    service: computes,
    limits,
    lasts: 120,
    seed: 6,
  },
  mixed: {
    title: "150 requests a second for a minute, 8 ms of computing and 40 ms of waiting each, on 4 cores",
    arrivals: { type: "open", perSecond: step(2, 150, 10, 70) },
    service: mixed,
    limits,
    lasts: 120,
    seed: 7,
  },
  stuck: {
    title: "One of the workers hangs at 30 s and is killed at 60 s; 200 requests a second, 200 ms each",
    arrivals: { type: "open", perSecond: step(200, 200, 0) },
    service: waits,
    limits: { ...limits, targetConcurrency: 20 },
    lasts: 120,
    seed: 8,
    hangsAt: 30,
  },
} as const satisfies Record<string, NamedScenario>;
