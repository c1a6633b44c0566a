/** Sends the metrics to a receiver of OpenTelemetry, over OTLP/HTTP. */

import { otlpRequest } from "../../core/telemetry/otlp.ts";
import type { OtlpTarget } from "../../core/telemetry/otlp_target.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import { withTimeout } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";

/** Milliseconds that the last values may delay the end of the server. */
const lastTimeout = 1_000;

/**
 * Sends from `isMain` on: an old master has counted until then, and its values go on in those of this one. Ends when the
 * returned function is called, which sends the last values and resolves when that is done. What cannot be sent is left out:
 * the next values count from the start, too.
 */
export function sendOverOtlp(
  { clock, host, network }: Pick<System, "clock" | "host" | "network">,
  logger: Logger,
  { url, shown, headers, resource, interval, timeout }: OtlpTarget,
  read: () => Status,
  isMain: Promise<void>,
): () => Promise<void> {
  const place = host.hostName();
  let isFailing = false;
  let onItsWay: Promise<void> | null = null;
  let isOver = false;
  let stop: (() => void) | null = null;
  const post = async (limit: number) => {
    try {
      const status = read();
      // The same for all masters of one server, one after the other.
      const instance = `${place}:${status.addresses[0] ?? status.app}`;
      const named = { "service.instance.id": instance, "host.name": place, ...resource };
      const body = JSON.stringify(otlpRequest(status, clock.wall(), named));
      await network.post(url, {
        headers: { ...headers, "content-type": "application/json" },
        body,
        timeout: limit,
      });
      if (isFailing) logger.info`metrics reach ${shown} again`;
      isFailing = false;
    } catch (error) {
      if (isFailing) return;
      isFailing = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warning`cannot send metrics over OTLP to ${shown}: ${reason}: it is tried again every ${
        interval / 1_000
      } s`;
    }
  };
  const send = () => {
    // A receiver that is slower than the interval gets no more than one at a time.
    onItsWay ??= post(timeout).finally(() => onItsWay = null);
  };
  void isMain.then(() => {
    if (!isOver) stop = clock.every(interval, send);
  });
  let end: Promise<void> | null = null;
  const finish = async () => {
    isOver = true;
    // A successor that has failed has counted nothing.
    if (stop === null) return;
    stop();
    if (onItsWay !== null) await withTimeout(clock, lastTimeout, onItsWay);
    await post(Math.min(timeout, lastTimeout));
  };
  return () => end ??= finish();
}
