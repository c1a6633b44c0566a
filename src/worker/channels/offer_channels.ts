/** Puts the channels where the app finds them. */

import type { ChannelMessage } from "../../protocol/channel_messages.ts";
import type { Clock } from "../../system/system.ts";
import { broadcastChannelClass } from "./channel_objects.ts";
import { OpenChannels } from "./open_channels.ts";
import { ThreadBridge } from "./thread_bridge.ts";

interface OfferOptions {
  readonly clock: Clock;
  readonly send: (message: ChannelMessage) => void;
  readonly onFailure: (error: unknown) => void;
  /** The app may start Web Workers. */
  readonly hasThreads: boolean;
}

/** Where `channel` of the module `denicorn` finds what opens a channel. */
const opener = Symbol.for("denicorn.channels");

/** From now on the app's `BroadcastChannel` and `channel` reach the other workers. */
export function offerChannels({ clock, send, onFailure, hasThreads }: OfferOptions): OpenChannels {
  const bridge = hasThreads ? new ThreadBridge(globalThis.BroadcastChannel, onFailure) : null;
  const channels = new OpenChannels({ clock, send, bridge });
  offer("BroadcastChannel", broadcastChannelClass(channels));
  offer(opener, (name: unknown) => channels.open(name));
  return channels;
}

function offer(name: string | symbol, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
