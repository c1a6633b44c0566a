/**
 * Between the channels of a worker and those of its Web Workers, which are threads with the `BroadcastChannel` of the
 * runtime: for each name that is open here there is one of those, too.
 */

import { fromCloneText } from "../../system/structured_clone.ts";

export class ThreadBridge {
  readonly #Native: typeof BroadcastChannel;
  readonly #channels = new Map<string, BroadcastChannel>();
  readonly #onFailure: (error: unknown) => void;
  #onPost: (name: string, value: unknown) => void = () => {};

  /** `native`: the class of the runtime. `onFailure` gets why a message of a Web Worker was not passed on. */
  constructor(native: typeof BroadcastChannel, onFailure: (error: unknown) => void) {
    this.#Native = native;
    this.#onFailure = onFailure;
  }

  /** `then` gets what Web Workers post, and may throw. */
  onPost(then: (name: string, value: unknown) => void): void {
    this.#onPost = then;
  }

  open(name: string): void {
    const channel = new this.#Native(name);
    channel.onmessage = ({ data }) => {
      try {
        this.#onPost(name, data);
      } catch (error) {
        this.#onFailure(error);
      }
    };
    this.#channels.set(name, channel);
  }

  close(name: string): void {
    this.#channels.get(name)?.close();
    this.#channels.delete(name);
  }

  post(name: string, data: string): void {
    try {
      this.#channels.get(name)?.postMessage(fromCloneText(data));
    } catch {
      // Other processes decide for themselves what they can read.
    }
  }
}
