/** Tells a StatsD server once a second what has happened since. */

import { packLines, statsdLines } from "../../core/telemetry/statsd.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import { formatAddress } from "../../system/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";

const interval = 1_000;

/** What passes any network in one piece: 1500 bytes of Ethernet without the headers of IPv6 and UDP. */
const packetSize = 1_432;

/** Begins to tell `server`; the returned function ends it. What cannot be sent is lost, as with all of UDP. */
export function sendToStatsd(
  { clock, network }: System,
  logger: Logger,
  server: TcpAddress,
  read: () => Status,
): () => void {
  const datagrams = network.datagramsTo(server);
  let before: Status | null = null;
  let isReported = false;
  let isOver = false;
  const send = async () => {
    const now = read();
    const lines = statsdLines(before, now);
    before = now;
    try {
      for (const packet of packLines(lines, packetSize)) await datagrams.send(packet);
    } catch (error) {
      if (isReported || isOver) return;
      isReported = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warning`cannot send to statsd-host ${formatAddress(server)}: ${reason}: trying on`;
    }
  };
  void send();
  const stop = clock.every(interval, () => void send());
  return () => {
    isOver = true;
    stop();
    datagrams.close();
  };
}
