/**
 * Calls the hooks of the config file that belong to the master. Each generation has those that its config file had when it
 * was read: they are called for its workers, and those about the server are of the generation that serves.
 */

import type { HookName } from "../../core/hook_table.ts";
import type { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { FromWorker, WorkerRole } from "../../protocol/messages.ts";
import type { DeclaredHooks, HookArguments, HookServer } from "../../settings/config_hooks.ts";
import { withTimeout } from "../../system/clock.ts";
import type { Clock, Connection } from "../../system/system.ts";
import type { Generation, GenerationHooks } from "../workers/generation.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import { hookWorkerOf } from "./hook_values.ts";
import type { HookProcess } from "./hook_process.ts";

/** The hooks of one generation, where they can be called. */
export interface OpenedHooks {
  readonly hooks: GenerationHooks;
  /** `null` if all of them run in workers. */
  readonly process: Pick<HookProcess, "call" | "link" | "isExpected" | "end" | "kill"> | null;
  /** Removes the bundle. */
  readonly discard: () => void;
}

interface MasterHooksOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly server: () => HookServer;
  /** Puts the hooks of a generation where they can be called. Throws DenicornError. */
  readonly open: (generation: Omit<Generation, "bundle">, declared: DeclaredHooks) => Promise<OpenedHooks>;
  /** Workers wait to be started no longer. */
  readonly wake: () => void;
}

/** What a hook gets besides the server, which is the last parameter of all. */
type OwnArguments<Name extends HookName> = HookArguments<Name> extends [...infer Own, HookServer] ? Own
  : never;

/** Milliseconds for which a worker may be started after its hook: if it was not wanted any more, the hook is called again. */
const readyFor = 1_000;

/** Milliseconds that a stop gives the last calls: those of `childExit` are made just before it. */
const lastCallsTimeout = 1_000;

/** When the hook for a worker that is to be started was done; `null` until then. */
type Readiness = { at: number | null };

export class MasterHooks {
  readonly #options: MasterHooksOptions;
  readonly #opened = new Map<number, OpenedHooks>();
  /** Workers that are to be started, by role, slot and generation. */
  readonly #spawning = new Map<string, Readiness>();
  /** Processes whose generation is not needed any more. */
  readonly #ending = new Map<OpenedHooks, Promise<void>>();

  constructor(options: MasterHooksOptions) {
    this.#options = options;
  }

  /** From now on the hooks of this generation can be called. Throws DenicornError. */
  async open(
    generation: Omit<Generation, "bundle">,
    declared: DeclaredHooks | null,
  ): Promise<GenerationHooks | null> {
    if (declared === null) return null;
    const opened = await this.#options.open(generation, declared);
    this.#opened.set(generation.number, opened);
    return opened.hooks;
  }

  /** The generation is not needed any more. Its calls come to their ends. */
  close(generation: number): void {
    const opened = this.#opened.get(generation);
    if (opened === undefined) return;
    this.#opened.delete(generation);
    for (const key of this.#spawning.keys()) {
      if (key.endsWith(` ${generation}`)) this.#spawning.delete(key);
    }
    const end = async () => {
      await opened.process?.end();
      opened.discard();
      this.#ending.delete(opened);
    };
    this.#ending.set(opened, end());
  }

  /** How many processes have not connected. */
  get expected(): number {
    return this.#processes.filter(({ isExpected }) => isExpected).length;
  }

  /** Takes in the process that was started with this token; `null` if there is none. */
  link(
    token: string,
    connection: Connection,
  ): { receive(message: FromWorker | null): void; close(): void } | null {
    for (const process of this.#processes) {
      const linked = process.link(token, connection);
      if (linked !== null) return linked;
    }
    return null;
  }

  get #processes() {
    return [...this.#opened.values(), ...this.#ending.keys()].flatMap(({ process }) => process ?? []);
  }

  /** Calls a hook of `generation`, if it has it, and waits for it. Throws DenicornError `hook`. */
  async ask<Name extends HookName>(
    name: Name,
    generation: number,
    ...args: OwnArguments<Name>
  ): Promise<void> {
    const error = await this.#call(name, generation, args);
    if (error !== null) throw error;
  }

  /** Calls a hook of `generation`, if it has it. A failure is logged. Resolves when the hook is done or has failed. */
  async tell<Name extends HookName>(
    name: Name,
    generation: number,
    ...args: OwnArguments<Name>
  ): Promise<void> {
    const error = await this.#call(name, generation, args);
    if (error !== null) this.#options.logger.with({ detail: error.detail }).error`${error.message}`;
  }

  has(name: HookName, generation: number): boolean {
    return this.#opened.get(generation)?.hooks.names.includes(name) === true;
  }

  /** False while a worker that is to be started waits for its hook; then it has to be asked again after the wake-up. */
  #maySpawn(slot: number, role: WorkerRole, generation: number): boolean {
    if (!this.has("preSpawn", generation)) return true;
    const { clock, logger, wake } = this.#options;
    const key = `${role} ${slot} ${generation}`;
    const known = this.#spawning.get(key);
    if (known !== undefined) {
      if (known.at === null) return false;
      this.#spawning.delete(key);
      if (clock.monotonic() - known.at <= readyFor) return true;
    }
    const readiness: Readiness = { at: null };
    this.#spawning.set(key, readiness);
    void this.#call("preSpawn", generation, [{ slot, role, generation }]).then((error) => {
      if (error !== null) {
        logger.with({ detail: error.detail }).error`${error.message}: the worker is started all the same`;
      }
      readiness.at = clock.monotonic();
      wake();
    });
    return false;
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const process of this.#processes) process.kill();
  }

  /** Ends all processes, after a moment for calls that nobody waits for. Resolves when they are gone. */
  async end(): Promise<void> {
    for (const generation of [...this.#opened.keys()]) this.close(generation);
    const ended = Promise.all(this.#ending.values());
    await withTimeout(this.#options.clock, lastCallsTimeout, ended);
    this.kill();
    await ended;
  }

  /** What a spawner of workers of this role asks and says. */
  forSpawner(role: WorkerRole) {
    return {
      maySpawn: (slot: number, { number }: Generation) => this.#maySpawn(slot, role, number),
      onStart: (worker: WorkerHandle) =>
        void this.tell("postSpawn", worker.generation.number, hookWorkerOf(worker)),
    };
  }

  #call<Name extends HookName>(
    name: Name,
    generation: number,
    args: OwnArguments<Name>,
  ): Promise<DenicornError | null> {
    const process = this.#opened.get(generation)?.process ?? null;
    if (process === null || !this.has(name, generation)) return Promise.resolve(null);
    return process.call(name, [...args, this.#options.server()]);
  }
}
