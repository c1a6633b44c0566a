/** Connects a master to the Redis of `channel-url`; without that, none of this is loaded. */

import type { Logger } from "../../log/logger.ts";
import { withoutDebug } from "../../redis/without_debug.ts";
import type { ChannelPlace } from "../../settings/kinds/channel_place.ts";
import type { System } from "../../system/system.ts";
import { ChannelHub } from "./channel_hub.ts";
import type { OtherMachines } from "./other_machines.ts";

interface OpenOptions {
  readonly logger: Logger;
  readonly hub: Pick<ChannelHub, "link">;
  readonly place: ChannelPlace;
  /** As in `OtherMachinesOptions`. */
  readonly server: string;
}

/** Throws DenicornError if Redis is there and refuses. */
export async function openOtherMachines(
  { clock, host }: Pick<System, "clock" | "host">,
  { logger, hub, place: { server: redis, channel }, server }: OpenOptions,
): Promise<OtherMachines> {
  const [{ OtherMachines }, { RedisPubSub }] = await withoutDebug(host, load);
  const opened = new OtherMachines({
    ...{ clock, logger, hub, server, place: redis.place },
    connect: (events) =>
      new RedisPubSub({ ...events, ...{ clock, channel, server: redis, random: host.random } }),
  });
  await opened.start();
  return opened;
}

/** Not by `lazyModule`, which a master from source loads whether it is needed or not: that would take its memory. */
function load() {
  return Promise.all([import("./other_machines.ts"), import("../../redis/pub_sub.ts")]);
}

/** Throws DenicornError if Redis is there and refuses. No worker takes part, and one that is away may be there later. */
export async function checkOtherMachines(
  system: Pick<System, "clock" | "host">,
  logger: Logger,
  place: ChannelPlace,
): Promise<void> {
  const hub = new ChannelHub(system.clock, logger);
  const opened = await openOtherMachines(system, { logger, hub, place, server: system.host.secret() });
  await opened.end();
}
