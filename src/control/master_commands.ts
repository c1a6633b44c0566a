/** What an operator may ask of a running master, and what it answers. */

import type { DenicornError } from "../core/errors.ts";
import type { LifecycleEvent } from "../core/telemetry/lifecycle.ts";
import type { QueuedCommand } from "../core/operator_commands.ts";
import type { MasterPhase, Status } from "../core/telemetry/status.ts";
import type { WorkerDescription } from "../core/telemetry/worker_description.ts";
import type { TaskRequest } from "../protocol/task_messages.ts";
import type { NotAppliedSetting } from "../settings/resolve.ts";
import type { Settings } from "../settings/settings.ts";
import type { WorkerRange } from "../settings/worker_range.ts";
import type { History } from "./page/timeline.ts";
import type { ScaleAmount } from "./scale_amount.ts";

/**
 * The commands as the arbiter carries them out: each begins at once and returns. Signals give them directly, the
 * control socket and the admin address give the queued ones through `Operations`.
 */
export interface MasterCommands {
  readonly phase: MasterPhase;
  readonly target: number;
  /** Operators count processes, and the target counts workers, which may be threads. */
  readonly workersPerProcess: number;
  /** Those in force. */
  readonly settings: Settings;
  /** What was changed in them since the start and takes a restart. */
  readonly notApplied: readonly NotAppliedSetting[];
  readonly eventLog: Events;
  /** A second graceful stop is a quick one. */
  stop(how: "graceful" | "quick"): void;
  reload(): void;
  /** Returns why a file could not be opened; its old one stays in use. */
  reopenLogs(): DenicornError | null;
  scale(target: number): void;
  /** Replaces the worker in this slot, new before old. Throws Refusal. */
  recycle(slot: number): void;
  upgrade(): void;
  /** The number of workers nearest to `target` within min-workers and max-workers. */
  allowed(target: number): number;
  /** Why the command cannot begin now; `null` if it can. */
  objectionTo(command: QueuedCommand): string | null;
  /** What a requested upgrade still waits for; `null` if nothing. */
  readonly upgradeWaitsFor: string | null;
  /** Sends copies of all listening sockets to the fd inbox at `fdInbox`, if any. */
  handOver(fdInbox: string | null): Handover;
  /** What an operator has changed since `handOver`. */
  readonly lateChanges: LateChanges;
  /** `command` runs `begin` in the master's loop; `retire` ends this master after an upgrade. */
  post(event: { readonly type: "command"; readonly begin: () => void } | { readonly type: "retire" }): void;
}

/** What happened in the server. */
export interface Events {
  /** The retained events after the one with `id`. */
  since(id: number): readonly LifecycleEvent[];
  /** Calls `follower` for every event until the returned function is called. */
  follow(follower: (event: LifecycleEvent) => void): () => void;
  /** Calls `listener` while the pool matches the target and no reload is in progress. */
  onIdle(listener: () => void): void;
}

/** The running master as the control socket and the admin address use it. */
export interface RunningMaster {
  readonly commands: MasterCommands;
  readonly operations: Operations;
  readonly tasks: TaskAccess;
  readonly workers: WorkerAccess;
  status(): Status;
  /** The last quarter of an hour; empty without an admin address. */
  history(): History;
  /** The status for a successor, in which its counters go on: from now on those of this master stand still. */
  handOverCounters(): Status;
  /** A successor reads it there when this master has ended. */
  leaveStatusAt(path: string): void;
}

/** What a worker answers for the master about the tasks of the app. */
export interface TaskAccess {
  /** Resolves with the answer as JSON. Rejects with Refusal. */
  ask(request: TaskRequest): Promise<string>;
}

/** What a worker answers about itself. */
export interface WorkerReport {
  readonly description: WorkerDescription | null;
  /** Why there is none, such as a blocked event loop. */
  readonly problem: string | null;
}

export interface WorkerAccess {
  /** Rejects with Refusal if there is no worker of this number. */
  describe(slot: number): Promise<WorkerReport>;
}

/** The queued commands. */
export interface Operations {
  scale(amount: ScaleAmount): Operation;
  /** Those that take no argument. */
  run(name: Exclude<QueuedCommand, "scale">): Operation;
}

/** A queued command that was given. */
export interface Operation {
  /** True until the commands before it are done. */
  readonly isWaiting: boolean;
  /** What it waits for although it is the first in the queue. */
  readonly waitsFor?: string | null;
  /** Resolves with the outcome in words; rejects with Refusal, or with the DenicornError that made it fail. */
  readonly finished: Promise<string>;
}

/**
 * Why a command is rejected: `malformed` is invalid, `conflict` is not possible in the current state, `missing` names what
 * does not exist, `large` is too much.
 */
type RefusalReason = "malformed" | "conflict" | "missing" | "large";

/** A rejected command. */
export class Refusal extends Error {
  readonly why: RefusalReason;

  constructor(why: RefusalReason, message: string) {
    super(message);
    this.why = why;
  }
}

/** What a master gives its successor. */
export interface Handover {
  /** Of the master that hands over. */
  readonly pid: number;
  readonly addresses: readonly string[];
  /** Process ids of its workers. */
  readonly workers: readonly number[];
  /** True if copies of their listening sockets were sent, in the order of `workers`. */
  readonly areSent: boolean;
  /** How many workers should serve. */
  readonly target: number;
  /** What its settings allowed. */
  readonly range: WorkerRange;
  /** Where its successor takes part in the channels of its workers. An older version says nothing of it. */
  readonly channels?:
    | {
      readonly path: string;
      readonly token: string;
      /** The name of this server on other machines; `undefined` if it has none. */
      readonly server?: string | undefined;
    }
    | null
    | undefined;
}

/** What operators asked of a master during an upgrade, after its successor had read settings and opened log files. */
export interface LateChanges {
  /** How many workers should serve now. */
  readonly target: number;
  readonly areLogsReopened: boolean;
}

/** A setting in force. */
export interface SettingInForce {
  readonly name: string;
  /** As in a config file. */
  readonly value: unknown;
  /** For people. */
  readonly shown: string;
}
