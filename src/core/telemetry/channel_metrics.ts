/** The metrics about channels across machines, which only servers with channel-url have. */

import type { ChannelStatus } from "./channel_status.ts";
import { gauge, type Metric, type Sample } from "./metric.ts";

export const channelMetrics: readonly Metric[] = [
  gauge(
    "denicorn_channel_server_up",
    "0 while messages of channels do not reach other machines, else 1.",
    ({ channels }) => channels === null ? null : Number(channels.problem === null),
  ),
  {
    name: "denicorn_channel_messages_total",
    type: "counter",
    help: "Messages of channels that were sent to other machines, and that were received from them.",
    read: ofChannels(({ totals: { sent, received } }) => [
      { labels: { direction: "sent" }, value: sent },
      { labels: { direction: "received" }, value: received },
    ]),
  },
  {
    name: "denicorn_channel_messages_dropped_total",
    type: "counter",
    help:
      "Messages of channels that did not reach other machines, because Redis was away or too slow, and those of other " +
      "machines that were too many to pass on.",
    read: ofChannels(({ totals: { dropped } }) => [{ labels: {}, value: dropped }]),
  },
];

function ofChannels(read: (channels: ChannelStatus) => readonly Sample[]): Metric["read"] {
  return ({ channels }) => channels === null ? [] : read(channels);
}
