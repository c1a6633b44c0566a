/** Channels as far as every worker needs them: what an app that opens some needs is loaded before the app is imported. */

import { usesChannels, usesThreads } from "../../app/uses_of_channels.ts";
import type { ChannelMessage } from "../../protocol/channel_messages.ts";
import { encodeFrame } from "../../protocol/framing.ts";
import { Outbox } from "../../protocol/outbox.ts";
import { withTimeout } from "../../system/clock.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { Clock } from "../../system/system.ts";
import type { OpenChannels } from "./open_channels.ts";

const load = lazyModule(() => import("./offer_channels.ts"));

interface AppChannelsOptions {
  readonly clock: Clock;
  /** To the master. Resolves when the bytes are handed over, or it is gone. */
  readonly send: (bytes: Uint8Array) => Promise<void>;
  /** A message does not reach the other workers. */
  readonly onDropped: () => void;
  /** Channels do not reach the Web Workers that the app may start. */
  readonly onApart: () => void;
  /** Why a message of a Web Worker was not passed on. */
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds that the end of a worker waits for a master that reads nothing. */
const longestEnd = 500;

/** In bytes, of messages that the master has not taken yet. */
const outboxLimit = 4 * 1024 * 1024;

export class AppChannels {
  readonly #options: AppChannelsOptions;
  #open: OpenChannels | null = null;
  #outbox: Outbox | null = null;

  constructor(options: AppChannelsOptions) {
    this.#options = options;
  }

  /**
   * If the app in the bundle `text` may use channels, it finds them from now on. `isThread`: this worker is one of its
   * process. Those share the runtime's channels, so that each of them would pass on what a Web Worker posts.
   */
  async offerTo(text: string, isThread: boolean): Promise<void> {
    if (!usesChannels(text)) return;
    const hasThreads = usesThreads(text);
    if (hasThreads && isThread) this.#options.onApart();
    const { offerChannels } = await load();
    const { clock, send, onDropped, onFailure } = this.#options;
    const outbox = new Outbox({ clock, send, limit: outboxLimit });
    this.#outbox = outbox;
    const post = (message: ChannelMessage) => {
      const frame = encodeFrame(message);
      if (message.type !== "channel-post") outbox.insist(frame);
      else if (!outbox.add(frame)) onDropped();
    };
    this.#open = offerChannels({ clock, send: post, onFailure, hasThreads: hasThreads && !isThread });
  }

  /** The process ends: resolves when what was posted is with the master, or soon. */
  async end(): Promise<void> {
    if (this.#outbox !== null) await withTimeout(this.#options.clock, longestEnd, this.#outbox.empty);
  }

  /** A message of another worker. */
  receive(name: string, data: string): void {
    this.#open?.receive(name, data);
  }
}
