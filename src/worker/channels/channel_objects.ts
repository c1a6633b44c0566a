/** The objects of the app: those of the global class `BroadcastChannel`, and those of `channel` of the module `denicorn`. */

import { fromCloneText } from "../../system/structured_clone.ts";

/** What the objects of a process need from it. */
export interface ChannelRegistry {
  /** Throws for a name that cannot be opened. */
  add(channel: ChannelObject): void;
  remove(channel: ChannelObject): void;
  /** Throws for what cannot be posted. */
  post(channel: ChannelObject, value: unknown): void;
}

/** As the runtime has it, which knows no origin either. */
const origin = "http://127.0.0.1";

/** That of the runtime: an app may replace it by one whose events no EventTarget takes, such as a DOM for tests. */
const { MessageEvent: Event } = globalThis;

type Handler = ((event: MessageEvent) => unknown) | null;

/** The property `on…` of an event: a listener that can be replaced. */
class HandlerSlot {
  readonly #target: EventTarget;
  readonly #type: string;
  #handler: Handler = null;
  #isListening = false;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  get(): Handler {
    return this.#handler;
  }

  set(handler: Handler): void {
    this.#handler = typeof handler === "function" ? handler : null;
    if (this.#isListening || this.#handler === null) return;
    this.#isListening = true;
    this.#target.addEventListener(
      this.#type,
      (event) => this.#handler?.call(this.#target, event as MessageEvent),
    );
  }
}

export abstract class ChannelObject extends EventTarget {
  readonly #registry: ChannelRegistry;
  readonly #name: string;
  readonly #message = new HandlerSlot(this, "message");
  readonly #messageError = new HandlerSlot(this, "messageerror");
  #isOpen = true;

  constructor(registry: ChannelRegistry, name: string) {
    super();
    this.#registry = registry;
    this.#name = name;
    registry.add(this);
  }

  get name(): string {
    return this.#name;
  }

  get onmessage(): Handler {
    return this.#message.get();
  }

  set onmessage(handler: Handler) {
    this.#message.set(handler);
  }

  get onmessageerror(): Handler {
    return this.#messageError.get();
  }

  set onmessageerror(handler: Handler) {
    this.#messageError.set(handler);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#registry.remove(this);
  }

  /** For the classes only. */
  static send(channel: ChannelObject, value: unknown): void {
    if (!channel.#isOpen) {
      const text = `cannot post to the channel ${channel.#name}: it is closed: open it again`;
      throw new DOMException(text, "InvalidStateError");
    }
    channel.#registry.post(channel, value);
  }

  /** A message of another object. Each object gets a value of its own. */
  static deliver(channel: ChannelObject, data: string): void {
    if (!channel.#isOpen) return;
    let event;
    try {
      event = new Event("message", { data: fromCloneText(data), origin });
    } catch {
      event = new Event("messageerror", { origin });
    }
    channel.dispatchEvent(event);
  }
}

/** What `channel` returns. */
export class Channel extends ChannelObject {
  post(value: unknown): void {
    ChannelObject.send(this, value);
  }
}

/** The class that takes the place of the runtime's. */
export function broadcastChannelClass(registry: ChannelRegistry): typeof globalThis.BroadcastChannel {
  class BroadcastChannel extends ChannelObject {
    constructor(name: unknown) {
      if (arguments.length === 0) {
        throw new TypeError(
          "Failed to construct 'BroadcastChannel': 1 argument required, but only 0 present",
        );
      }
      super(registry, String(name));
    }

    postMessage(value: unknown): void {
      if (arguments.length === 0) {
        throw new TypeError(
          "Failed to execute 'postMessage' on 'BroadcastChannel': 1 argument required, but only 0 present",
        );
      }
      ChannelObject.send(this, value);
    }

    get [Symbol.toStringTag](): string {
      return "BroadcastChannel";
    }
  }
  return BroadcastChannel;
}
