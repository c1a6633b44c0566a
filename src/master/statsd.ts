/** Tells a StatsD server once a second what has happened since. */

import { packLines, statsdLines } from "../core/statsd.ts";
import type { Status } from "../core/status.ts";
import type { Logger } from "../log/logger.ts";
import { formatAddress } from "../system/listen_error.ts";
import type { System, TcpAddress } from "../system/system.ts";

const interval = 1_000;

/** What passes any network in one piece: 1500 bytes of Ethernet without the headers of IPv6 and UDP. */
const packetSize = 1_432;

/** Begins to tell `server`; the returned function ends it. What cannot be sent is lost, as with all of UDP. */
export function tellStatsd(
  { clock, network }: System,
  logger: Logger,
  server: TcpAddress,
  read: () => Status,
): () => void {
  const datagrams = network.datagramsTo(server);
  let before: Status | null = null;
  let isTold = false;
  let isOver = false;
  const tell = async () => {
    const now = read();
    const lines = statsdLines(before, now);
    before = now;
    try {
      for (const packet of packLines(lines, packetSize)) await datagrams.send(packet);
    } catch (error) {
      if (isTold || isOver) return;
      isTold = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warning`cannot send to statsd-host ${formatAddress(server)}: ${reason}: trying on`;
    }
  };
  void tell();
  const stop = clock.every(interval, () => void tell());
  return () => {
    isOver = true;
    stop();
    datagrams.close();
  };
}
