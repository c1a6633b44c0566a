/** What an arbiter consists of, and which part needs which. */

import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { Crew } from "./crew.ts";
import { Deaths } from "./deaths.ts";
import { EventFeed } from "./event_feed.ts";
import type { MasterEvent } from "./events.ts";
import type { Generation } from "./generation.ts";
import { Generations, type GenerationSource } from "./generations.ts";
import type { Launch } from "./launch.ts";
import { LifecycleLog } from "./lifecycle_log.ts";
import { Lives } from "./lives.ts";
import { Recruiter } from "./recruiter.ts";
import { Recycling } from "./recycling.ts";
import { Reloading } from "./reloading.ts";
import { Roster } from "./roster.ts";
import { Scaling } from "./scaling.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { Shutdown } from "./shutdown.ts";
import type { Spawner } from "./spawner.ts";
import type { Steering } from "./steering.ts";
import type { Succession } from "./succession.ts";
import { Totals } from "./totals.ts";
import { Traffic } from "./traffic.ts";
import { Upgrade } from "./upgrade.ts";

export interface ArbiterOptions {
  readonly system: System;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly source: GenerationSource;
  readonly first: Generation;
  readonly steering: Steering;
  readonly scoreboard: Scoreboard;
  readonly runtimeDirectory: string;
  readonly launch: Launch;
  /** `null` while nobody is answered there. */
  readonly controlSocket: () => string | null;
  /** Set in a master that takes the place of another one. */
  readonly succession: Succession | null;
}

export type ArbiterParts = ReturnType<typeof arbiterParts>;

/** `post` hands an event to the arbiter. */
export function arbiterParts(options: ArbiterOptions, post: (event: MasterEvent) => void) {
  const { system, log, source, first, scoreboard } = options;
  const { clock } = system;
  const { logger } = log;
  const roster = new Roster();
  const feed = new EventFeed(clock);
  const lifecycle = new LifecycleLog(logger, feed);
  const recruiter = new Recruiter({ ...options, roster, post });
  const generations = new Generations(first, source, post);
  const totals = new Totals(system, scoreboard);
  const wake = () => post({ type: "tick" });
  const deaths = new Deaths(system, lifecycle, scoreboard, totals, wake);
  const traffic = new Traffic(clock, roster, options.steering, scoreboard, lifecycle);
  const crew = new Crew({
    ...{ system, lifecycle, roster, generations, recruiter, deaths, traffic, totals, scoreboard },
    target: options.succession?.target,
    onFailedSpawn: (generation, failure) => lives.failBoot(generation, () => failure),
  });
  const reloading = new Reloading({
    ...{ clock, log, lifecycle, generations, roster, crew, totals },
  });
  const scaling = new Scaling({ ...options, ...{ logger, lifecycle, roster, traffic, generations, crew } });
  const recycling = new Recycling({ system, logger, roster, scoreboard, lifecycle, totals });
  const shutdown = new Shutdown({
    ...{ clock, lifecycle, roster, traffic, wake },
    settings: () => generations.serving.settings,
  });
  const lives: Lives = new Lives({
    ...{ clock, roster, scoreboard, lifecycle, deaths, traffic, totals, generations, crew },
    ...{ reloading, shutdown },
  });
  const upgrade = new Upgrade({
    ...{ ...options, logger, lifecycle, roster, traffic, totals, post },
    ...{ generations, crew, lives, deaths, reloading },
  });
  return {
    ...{ roster, feed, lifecycle, recruiter, generations, totals, deaths, traffic, crew, reloading },
    ...{ scaling, recycling, shutdown, lives, upgrade },
  };
}
