import { FrameDecoder } from "../../protocol/framing.ts";
import { type FromWorker, isMessage } from "../../protocol/messages.ts";
import type { Clock, Connection, UnixListener } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

export interface ChannelEvents {
  /** The child that was given this token, once; `null` for a stranger. */
  identify(token: string): WorkerHandle | null;
  /** `version` is that of the program it runs. */
  connected(worker: WorkerHandle, connection: Connection, version: string): void;
  message(worker: WorkerHandle, message: FromWorker): void;
  ended(worker: WorkerHandle): void;
}

/** After a failure to accept, such as too many open files, the next attempt waits this long, in milliseconds. */
const retryPause = 100;

/** Accepts the links of workers until the listener is closed. */
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
      await new Promise<void>((resolve) => clock.after(retryPause, resolve));
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
    // Not our protocol: whoever it is, the link ends here.
  } finally {
    connection.close();
    if (worker !== null) {
      worker.disconnect();
      events.ended(worker);
    }
  }
}
