import { envelopeHead } from "../../protocol/channel_envelope.ts";
import { channelProblem } from "../../redis/channel_problem.ts";
import { RedisAway } from "../../redis/connection_problem.ts";
import { withoutDebug } from "../../redis/without_debug.ts";
import type { ChannelPlace } from "../../settings/kinds/channel_place.ts";
import { withTimeout } from "../../system/clock.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { System } from "../../system/system.ts";
import { type Check, ok, problem } from "../check.ts";

const loadPubSub = lazyModule(() => import("../../redis/pub_sub.ts"));

/** Milliseconds: less than a check may take, which would then end without saying that Redis is silent. */
const longestWait = 3_000;

export const channelServer: Check = {
  name: "channel-server",
  why:
    "Channels reach other machines through it. While it is away, they reach the workers of this machine only.",
  change: "Start the Redis that channel-url names, and let its user publish and subscribe.",
  onFailure: "problem",
  async run({ system, settings: { channelUrl } }) {
    if (channelUrl === undefined) return ok("none: channels reach the workers of this machine");
    const { place } = channelUrl.server;
    const failure = await failureOf(system, channelUrl);
    return failure === null
      ? ok(`Redis at ${place} passes messages on`)
      : { ...problem(channelProblem(place, failure)), leavesOpen: false };
  },
};

/** `null` if it publishes and subscribes. */
async function failureOf({ clock, host }: System, { server, channel }: ChannelPlace): Promise<unknown> {
  const { RedisPubSub } = await withoutDebug(host, loadPubSub);
  const answered = Promise.withResolvers<void>();
  let failure: unknown = new RedisAway(`no answer within ${longestWait / 1_000} s`);
  const answer = (found: unknown) => {
    failure = found;
    answered.resolve();
  };
  const redis = new RedisPubSub({
    ...{ clock, random: host.random, server, channel },
    // Servers take it for one that has just connected.
    greeting: envelopeHead(host.secret()),
    onMessage: () => {},
    onUp: () => answer(null),
    onDown: answer,
  });
  redis.open();
  await withTimeout(clock, longestWait, answered.promise);
  redis.close();
  return failure;
}
