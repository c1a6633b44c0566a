import { encodeFrame, FrameDecoder } from "../protocol/framing.ts";
import type { FromWorker, ToWorker } from "../protocol/messages.ts";
import type { Connection } from "../system/system.ts";

/** The worker's end of the channel to its master. */
export class MasterChannel {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Resolves when the message is handed over, or the master is gone. */
  send(message: FromWorker): Promise<void> {
    return this.#connection.send(encodeFrame(message));
  }

  /** The same for whole frames. */
  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.#connection.send(bytes);
  }

  /** Ends when the master is gone, or when the app has read from the channel, so that the rest is no message. */
  async *messages(): AsyncGenerator<ToWorker> {
    const decoder = new FrameDecoder();
    try {
      for await (const bytes of this.#connection.receive()) {
        for (const message of decoder.push(bytes)) yield message as ToWorker;
      }
    } catch {
      this.#connection.close();
    }
  }
}
