import { FrameDecoder } from "../../protocol/framing.ts";
import { type FromWorker, isMessage } from "../../protocol/messages.ts";
import { sleep } from "../../system/clock.ts";
import type { Clock, Connection, UnixListener } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

interface ChannelEvents {
  /** The worker that was started with this token; `null` if there is none, or the token was used before. */
  identify(token: string): WorkerHandle | null;
  /** `version` is that of the program the worker runs. */
  connected(worker: WorkerHandle, connection: Connection, version: string): void;
  message(worker: WorkerHandle, message: FromWorker): void;
  disconnected(): void;
}

/** After `accept` failed, for example with too many open files, the next attempt waits this long (ms). */
const retryPause = 100;

/** Accepts the channels of workers until the listener is closed. */
export async function acceptChannels(
  listener: UnixListener,
  events: ChannelEvents,
  clock: Clock,
): Promise<void> {
  for (;;) {
    try {
      for await (const connection of listener.accept()) void read(connection, events);
      return;
    } catch {
      await sleep(clock, retryPause);
    }
  }
}

async function read(connection: Connection, events: ChannelEvents): Promise<void> {
  const decoder = new FrameDecoder();
  let worker: WorkerHandle | null = null;
  try {
    for await (const bytes of connection.receive()) {
      for (const value of decoder.push(bytes)) {
        if (!isMessage(value)) continue;
        const message = value as FromWorker;
        if (worker !== null) {
          events.message(worker, message);
        } else {
          if (message.type !== "hello") return;
          worker = events.identify(message.token);
          if (worker === null) return;
          events.connected(worker, connection, message.version);
        }
      }
    }
  } catch {
    // Not our protocol: the connection is closed, whichever program opened it.
  } finally {
    connection.close();
    if (worker !== null) {
      worker.disconnect();
      events.disconnected();
    }
  }
}
