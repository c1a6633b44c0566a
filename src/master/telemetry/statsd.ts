/** Sends metrics to a StatsD server once per second. */

import { packLines, statsdLines } from "../../core/telemetry/statsd.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";

const interval = 1_000;

/** In bytes; what fits in one packet: the 1500 bytes of Ethernet without the headers of IPv6 and UDP. */
const packetSize = 1_432;

/** Sends to `server` until the returned function is called. What cannot be sent is lost, as always with UDP. */
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
      logger.warning`cannot send to statsd-host ${
        formatAddress(server)
      }: ${reason}: it is tried again every second`;
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
