/** The channels that the app of a worker has open: what it posts goes to the others in this process and to the master. */

import {
  type ChannelMessage,
  longestChannelName,
  longestPost,
  longestPostText,
  mostChannels,
} from "../../protocol/channel_messages.ts";
import { toCloneText } from "../../system/structured_clone.ts";
import type { Clock } from "../../system/system.ts";
import { Channel, ChannelObject, type ChannelRegistry } from "./channel_objects.ts";
import type { ThreadBridge } from "./thread_bridge.ts";

interface OpenChannelsOptions {
  readonly clock: Clock;
  readonly send: (message: ChannelMessage) => void;
  /** To the Web Workers of the process; `null` if the app has none. */
  readonly bridge: ThreadBridge | null;
}

export class OpenChannels implements ChannelRegistry {
  readonly #options: OpenChannelsOptions;
  readonly #channels = new Map<string, Set<ChannelObject>>();
  /** For other objects in this process: they hear it in a later turn, as those of other processes do. */
  #local: { readonly to: readonly ChannelObject[]; readonly data: string }[] = [];

  constructor(options: OpenChannelsOptions) {
    this.#options = options;
    options.bridge?.onPost((name, value) => this.#postFromThread(name, value));
  }

  /** Throws for a name that is not a text, or too long. */
  open(name: unknown): Channel {
    if (typeof name === "string") return new Channel(this, name);
    throw new TypeError(`cannot open a channel: its name is of type ${typeof name}: choose a text`);
  }

  add(channel: ChannelObject): void {
    const { name } = channel;
    const known = this.#channels.get(name);
    if (known !== undefined) return void known.add(channel);
    if (name.length > longestChannelName) {
      throw new RangeError(
        `cannot open the channel ${name.slice(0, 20)}…: its name has ${name.length} characters, at most ` +
          `${longestChannelName}: choose a shorter one`,
      );
    }
    if (this.#channels.size >= mostChannels) {
      throw new RangeError(
        `cannot open the channel ${name}: ${mostChannels} others are open: close some, or send the names in messages`,
      );
    }
    this.#channels.set(name, new Set([channel]));
    this.#options.bridge?.open(name);
    this.#options.send({ type: "channel-open", name });
  }

  remove(channel: ChannelObject): void {
    const { name } = channel;
    const known = this.#channels.get(name);
    if (known?.delete(channel) !== true || known.size > 0) return;
    this.#channels.delete(name);
    this.#options.bridge?.close(name);
    this.#options.send({ type: "channel-close", name });
  }

  post(channel: ChannelObject, value: unknown): void {
    const { name } = channel;
    const data = encoded(name, value);
    this.#options.bridge?.post(name, data);
    this.#later(channel, name, data);
    this.#options.send({ type: "channel-post", name, data });
  }

  /** A message of another worker. */
  receive(name: string, data: string): void {
    const known = this.#channels.get(name);
    if (known === undefined) return;
    this.#options.bridge?.post(name, data);
    for (const channel of [...known]) ChannelObject.deliver(channel, data);
  }

  #postFromThread(name: string, value: unknown): void {
    const data = encoded(name, value);
    this.#later(null, name, data);
    this.#options.send({ type: "channel-post", name, data });
  }

  #later(from: ChannelObject | null, name: string, data: string): void {
    // Most channels have one object in a process.
    const known = this.#channels.get(name);
    if (known === undefined || (from !== null && known.size < 2)) return;
    // Those that are open now: one that is opened until then is too late for it.
    this.#local.push({ to: [...known].filter((channel) => channel !== from), data });
    if (this.#local.length === 1) this.#options.clock.after(0, () => this.#deliverLocal());
  }

  #deliverLocal(): void {
    const messages = this.#local;
    this.#local = [];
    for (const { to, data } of messages) {
      for (const channel of to) ChannelObject.deliver(channel, data);
    }
  }
}

/** Throws DataCloneError, or RangeError for a message that is too long. */
function encoded(name: string, value: unknown): string {
  const data = toCloneText(value);
  if (data.length <= longestPostText) return data;
  throw new RangeError(
    `cannot post to the channel ${name}: the message has ${Math.floor(data.length / 4 * 3)} bytes, at most ` +
      `${longestPost}: send its place instead`,
  );
}
