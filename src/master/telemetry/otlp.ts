/** Sends the metrics to a receiver of OpenTelemetry, over OTLP/HTTP. */

import { otlpRequest } from "../../core/telemetry/otlp.ts";
import type { OtlpTarget } from "../../core/telemetry/otlp_target.ts";
import type { Status } from "../../core/telemetry/status.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";

/** Milliseconds that the last values may delay the end of the server. */
const lastTimeout = 1_000;

/**
 * Sends from `isMain` on: an old master has counted until then, and its values go on in those of this one. Ends when the
 * returned function is called, which sends the last values and resolves when that is done. What cannot be
 * sent is left out: the next values count from the start, too.
 */
export function sendOverOtlp(
  { clock, network }: Pick<System, "clock" | "network">,
  logger: Logger,
  { url, headers, resource, interval, timeout }: OtlpTarget,
  read: () => Status,
  isMain: Promise<void>,
): () => Promise<void> {
  let isFailing = false;
  let isSending = false;
  const send = async (limit: number) => {
    // A receiver that is slower than the interval gets no more than one at a time.
    if (isSending) return;
    isSending = true;
    try {
      const body = JSON.stringify(otlpRequest(read(), clock.wall(), resource));
      await network.post(url, {
        headers: { ...headers, "content-type": "application/json" },
        body,
        timeout: limit,
      });
      if (isFailing) logger.info`metrics reach ${url} again`;
      isFailing = false;
    } catch (error) {
      if (isFailing) return;
      isFailing = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warning`cannot send metrics over OTLP to ${url}: ${reason}: it is tried again every ${
        interval / 1_000
      } s`;
    } finally {
      isSending = false;
    }
  };
  let stop = () => {};
  let last: Promise<void> | null = null;
  void isMain.then(() => {
    if (last === null) stop = clock.every(interval, () => void send(timeout));
  });
  return () => {
    stop();
    return last ??= send(Math.min(timeout, lastTimeout));
  };
}
