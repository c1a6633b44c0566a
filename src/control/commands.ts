import type { LifecycleEvent } from "../core/telemetry/lifecycle.ts";
import type { Status } from "../core/telemetry/status.ts";
import type { ScaleAmount } from "./scale_amount.ts";

/** What a master gives its successor. */
export interface Handover {
  /** Of the master that hands over. */
  readonly pid: number;
  readonly addresses: readonly string[];
  /** Process ids of its workers. */
  readonly workers: readonly number[];
  /** True if copies of their listening sockets were sent, in the order of `workers`. */
  readonly areSent: boolean;
  /** How many workers shall serve. */
  readonly target: number;
}

/** One setting as it is in force. */
export interface SettingInForce {
  readonly name: string;
  /** As a config file would hold it. */
  readonly value: unknown;
  /** For people. */
  readonly shown: string;
}

/** A command that takes a while. */
export interface Operation {
  /** True until another command before it is done. */
  readonly isWaiting: boolean;
  /** What must come before it can begin, though it has its turn. */
  readonly obstacle?: string | null;
  /** Gives the end in words, or rejects with Refusal, or with the DenicornError that made it fail. */
  readonly finished: Promise<string>;
}

/** What was asked for is not done: `malformed` can never be, `conflict` not now. */
export class Refusal extends Error {
  readonly why: "malformed" | "conflict";

  constructor(why: "malformed" | "conflict", message: string) {
    super(message);
    this.why = why;
  }
}

/** What the control socket may ask of the master. Each may throw a Refusal. */
export interface Commands {
  status(): Status;
  settings(): readonly SettingInForce[];
  reload(): Operation;
  scale(amount: ScaleAmount): Operation;
  upgrade(): Operation;
  reopen(): void;
  stop(how: "graceful" | "quick"): void;
  /** Calls `told` for each event after the one with id `since`, those kept at once; returns how to stop that. */
  follow(since: number, told: (event: LifecycleEvent) => void): () => void;
  /** Sends copies of all listening sockets to the post box at `post`, if any. */
  handOver(fdInbox: string | null): Handover;
  /** Another master serves: finish and go. */
  retire(): void;
}
