import { FrameDecoder } from "../protocol/framing.ts";
import { type FromWorker, isMessage } from "../protocol/messages.ts";
import type { Clock, Connection, UnixListener } from "../system/system.ts";
import type { Child } from "./child.ts";

export interface LinkEvents {
  /** The child that was given this token, once; `null` for a stranger. */
  identify(token: string): Child | null;
  /** `version` is that of the program it runs. */
  linked(child: Child, connection: Connection, version: string): void;
  message(child: Child, message: FromWorker): void;
  ended(child: Child): void;
}

/** After a failure to accept, such as too many open files, the next attempt waits this long, in milliseconds. */
const retryPause = 100;

/** Accepts the links of workers until the listener is closed. */
export async function acceptLinks(listener: UnixListener, events: LinkEvents, clock: Clock): Promise<void> {
  for (;;) {
    try {
      for await (const connection of listener.accept()) void read(connection, events);
      return;
    } catch {
      await new Promise<void>((resolve) => clock.after(retryPause, resolve));
    }
  }
}

async function read(connection: Connection, events: LinkEvents): Promise<void> {
  const decoder = new FrameDecoder();
  let child: Child | null = null;
  try {
    for await (const bytes of connection.receive()) {
      for (const value of decoder.push(bytes)) {
        if (!isMessage(value)) continue;
        const message = value as FromWorker;
        if (child !== null) {
          events.message(child, message);
        } else {
          if (message.type !== "hello") return;
          child = events.identify(message.token);
          if (child === null) return;
          events.linked(child, connection, message.version);
        }
      }
    }
  } catch {
    // Not our protocol: whoever it is, the link ends here.
  } finally {
    connection.close();
    if (child !== null) {
      child.unlink();
      events.ended(child);
    }
  }
}
