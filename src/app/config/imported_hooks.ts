/** The hooks of a config file, imported into the process that runs them. */

import type { HookName } from "../../core/hook_table.ts";
import { DenicornError } from "../../core/errors.ts";
import { titleOf } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import type { HookPlace } from "../../protocol/hook_messages.ts";
import type { Clock } from "../../system/system.ts";
import { shownStack } from "../app_stack.ts";
import { asRecord } from "../jsonc.ts";
import { fileUrl, shownPath } from "../paths.ts";
import { HookDeadlines } from "./hook_deadlines.ts";
import { lateHook } from "./late_hook.ts";

export class ImportedHooks {
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #place: HookPlace;
  readonly #workingDirectory: string;
  readonly #deadlines: HookDeadlines;

  private constructor(
    clock: Clock,
    config: Readonly<Record<string, unknown>>,
    place: HookPlace,
    workingDirectory: string,
  ) {
    this.#config = config;
    this.#place = place;
    this.#workingDirectory = workingDirectory;
    this.#deadlines = new HookDeadlines(clock, place.timeout);
  }

  /** Messages name files relative to `workingDirectory`. Throws DenicornError `hook` with what the module throws. */
  static async import(clock: Clock, place: HookPlace, workingDirectory: string): Promise<ImportedHooks> {
    try {
      const module: Readonly<Record<string, unknown>> = await import(fileUrl(place.bundle));
      return new ImportedHooks(clock, asRecord(await module["default"]) ?? {}, place, workingDirectory);
    } catch (error) {
      const path = shownPath(workingDirectory, place.source);
      throw new DenicornError("hook", `cannot load the hooks of ${path}: it threw ${titleOf(error)}`, {
        detail: clip(shownStack(error, place.bundle)),
        cause: error,
      });
    }
  }

  /** The function itself; `null` if there is none. */
  find(name: HookName): ((...args: readonly unknown[]) => unknown) | null {
    const hook = Object.hasOwn(this.#config, name) ? this.#config[name] : undefined;
    return typeof hook === "function" ? hook.bind(this.#config) : null;
  }

  /** Calls a hook and waits for it, at most the time that hooks have. Resolves with what went wrong, else with `null`. */
  call(name: HookName, args: readonly unknown[]): Promise<DenicornError | null> {
    const hook = this.find(name);
    if (hook === null) return Promise.resolve(null);
    return this.settled(name, Promise.try(hook, ...args));
  }

  /** The same for a hook that was called, and has returned a promise. */
  settled(name: HookName, promise: PromiseLike<unknown>): Promise<DenicornError | null> {
    return new Promise((resolve) => {
      const done = this.#deadlines.begin(() => resolve(this.#late(name)));
      const settle = (error: DenicornError | null) => {
        done();
        resolve(error);
      };
      promise.then(() => settle(null), (error) => settle(this.failure(name, error)));
    });
  }

  /** What a hook threw. */
  failure(name: HookName, thrown: unknown): DenicornError {
    const title = titleOf(thrown).split("\n", 1)[0];
    return new DenicornError("hook", `hook ${name} of ${this.#file} threw ${title}`, {
      detail: clip(shownStack(thrown, this.#place.bundle)),
      cause: thrown,
    });
  }

  #late(name: HookName): DenicornError {
    return lateHook(name, this.#file, this.#place.timeout);
  }

  get #file(): string {
    return shownPath(this.#workingDirectory, this.#place.source);
  }
}
