/**
 * Passes what workers post to their channels on to the other workers that have a channel of that name open, of any role
 * and generation. The master does not read the messages, and encodes each once for all receivers.
 */

import { Pace } from "../../core/pace.ts";
import { CountedWarning } from "../../log/counted_warning.ts";
import type { Logger } from "../../log/logger.ts";
import { type ChannelPost, isForOthers, mostChannels } from "../../protocol/channel_messages.ts";
import { encodeFrame } from "../../protocol/framing.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import { Outbox } from "../../protocol/outbox.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** In bytes, of messages that a worker has not read yet. */
const outboxLimit = 4 * 1024 * 1024;

/**
 * What all workers together may make the master do per second, and one of them at once after a pause. A message costs
 * one, and as much again for every so many bytes that it is passed on: 10,000 small ones a second are a third of it.
 */
export const ratePerSecond = 30_000;
const burst = 3_000;
const bytesPerCost = 2_048;

/** What a message costs that is passed on as so many bytes. */
export function messageCost(passed: number): number {
  return 1 + passed / bytesPerCost;
}

/** Milliseconds after its last message in which a worker counts as one that posts. */
const sending = 1_000;

/** Milliseconds: less is not worth a timer. */
const shortestPause = 1;

/** What a worker has to do with channels. */
interface Member {
  readonly names: Set<string>;
  readonly outbox: Outbox;
  readonly dropped: CountedWarning;
  readonly pace: Pace;
  lastPost: number;
}

/** What else takes part: the other master of an upgrade (`master_link.ts`), or other machines (`other_machines.ts`). */
interface Link {
  /** It has sent this; what is no message of a channel is ignored. Returns the number of bytes that workers get of it. */
  receive(message: FromWorker | null): number;
  /** Resolves when everything so far is handed over. */
  readonly empty: Promise<void>;
  close(): void;
}

interface LinkMember {
  readonly outbox: Outbox;
  readonly onDropped: () => void;
}

export class ChannelHub {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #members = new Map<WorkerHandle, Member>();
  readonly #listeners = new Map<string, Set<Member>>();
  /** Of all workers. */
  readonly #pace = new Pace(burst);
  readonly #links = new Set<LinkMember>();
  /** Whose messages are read. */
  readonly #connected = new Set<WorkerHandle>();
  #onAllGone: (() => void)[] = [];

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `undefined` if the message is not about channels, `null` if it is, and a text if no worker sends it now. */
  handle(worker: WorkerHandle, message: FromWorker): string | null | undefined {
    if (!isForOthers(message)) return undefined;
    if (worker.isDistrusted) return null;
    const objection = worker.objectionTo(message);
    if (objection !== null) return objection;
    const member = this.#memberOf(worker);
    switch (message.type) {
      case "channel-open":
        this.#spend(member, 0);
        if (member.names.size >= mostChannels) return `"channel-open" beyond ${mostChannels} channels`;
        this.#open(member, message.name);
        return null;
      case "channel-close":
        this.#spend(member, 0);
        this.#close(member, message.name);
        return null;
      case "channel-post":
        this.#post(member, message);
        return null;
    }
  }

  /**
   * What takes part hears all workers of this master, and is heard by them, but links do not hear each other. `onDropped`
   * is called for each message that it does not take in time.
   */
  link(send: (bytes: Uint8Array) => Promise<void>, onDropped: () => void): Link {
    const outbox = new Outbox({ clock: this.#clock, limit: outboxLimit, send });
    const member = { outbox, onDropped };
    this.#links.add(member);
    return {
      receive: (message) => message?.type === "channel-post" ? this.#pass(message, null, []) : 0,
      get empty() {
        return outbox.empty;
      },
      close: () => void this.#links.delete(member),
    };
  }

  /** The other master of an upgrade. */
  linkMaster(send: (bytes: Uint8Array) => Promise<void>): Link {
    const dropped = new CountedWarning(this.#clock, (count) => {
      this.#logger
        .warning`${
        messages(count)
      } of channels to the other master of the upgrade dropped: it does not read them as fast as workers post: post less`;
    });
    return this.link(send, () => dropped.add());
  }

  /** For how many milliseconds nothing is read from the worker, because it posts too much. */
  pauseFor(worker: WorkerHandle): number {
    const member = this.#members.get(worker);
    if (member === undefined) return 0;
    const now = this.#clock.monotonic();
    // While others leave something of their shares, a worker may use it.
    const pause = Math.min(this.#pace.pause(now, ratePerSecond), member.pace.pause(now, this.#share));
    return pause < shortestPause ? 0 : pause;
  }

  connected(worker: WorkerHandle): void {
    this.#connected.add(worker);
  }

  /**
   * Resolves when all that workers posted before they ended is with those who take part: what they post last is read
   * after their end is known.
   */
  async finish(): Promise<void> {
    if (this.#connected.size > 0) await new Promise<void>((resolve) => this.#onAllGone.push(resolve));
    await Promise.all(Array.from(this.#links, ({ outbox }) => outbox.empty));
  }

  /** Its connection has closed. */
  gone(worker: WorkerHandle): void {
    this.#connected.delete(worker);
    if (this.#connected.size === 0) { for (const resolve of this.#onAllGone.splice(0)) resolve(); }
    const member = this.#members.get(worker);
    if (member === undefined) return;
    for (const name of member.names) this.#close(member, name);
    this.#members.delete(worker);
  }

  #memberOf(worker: WorkerHandle): Member {
    const known = this.#members.get(worker);
    if (known !== undefined) return known;
    const member: Member = {
      names: new Set(),
      outbox: new Outbox({
        clock: this.#clock,
        limit: outboxLimit,
        send: (bytes) => worker.sendBytes(bytes),
      }),
      dropped: new CountedWarning(this.#clock, (count) => {
        this.#logger.with(worker.identity)
          .warning`${
          messages(count)
        } of channels dropped: the worker does not read them as fast as others post: post less`;
      }),
      pace: new Pace(burst),
      lastPost: -Infinity,
    };
    this.#members.set(worker, member);
    return member;
  }

  #open(member: Member, name: string): void {
    member.names.add(name);
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, new Set([member]));
    else listeners.add(member);
  }

  #close(member: Member, name: string): void {
    member.names.delete(name);
    const listeners = this.#listeners.get(name);
    if (listeners?.delete(member) === true && listeners.size === 0) this.#listeners.delete(name);
  }

  #post(sender: Member, message: ChannelPost): void {
    this.#spend(sender, this.#pass(message, sender, this.#links));
  }

  /** Returns the number of bytes. */
  #pass(message: ChannelPost, sender: Member | null, links: Iterable<LinkMember>): number {
    let frame: Uint8Array | null = null;
    let passed = 0;
    for (const member of this.#listeners.get(message.name) ?? []) {
      if (member === sender) continue;
      frame ??= encodeFrame(message);
      if (!member.outbox.add(frame)) member.dropped.add();
      passed += frame.length;
    }
    for (const { outbox, onDropped } of links) {
      frame ??= encodeFrame(message);
      if (!outbox.add(frame)) onDropped();
      passed += frame.length;
    }
    return passed;
  }

  #spend(member: Member, bytes: number): void {
    const now = this.#clock.monotonic();
    member.lastPost = now;
    const cost = messageCost(bytes);
    this.#pace.spend(cost, now, ratePerSecond);
    member.pace.spend(cost, now, this.#share);
  }

  /** Of `ratePerSecond`, what each worker gets that posts. */
  get #share(): number {
    const since = this.#clock.monotonic() - sending;
    let count = 0;
    for (const { lastPost } of this.#members.values()) if (lastPost > since) count++;
    return ratePerSecond / Math.max(1, count);
  }
}

/** As a text. */
export function messages(count: number): string {
  return count === 1 ? "1 message" : `${count} messages`;
}
