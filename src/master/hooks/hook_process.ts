/**
 * The process that runs the master's hooks of one generation. It is started at once, and again for the next call if it has
 * ended; one whose event loop is blocked is killed. A call fails with it, and nothing else does.
 */

import { lateHook } from "../../app/config/late_hook.ts";
import { shownPath } from "../../app/paths.ts";
import type { HookName } from "../../core/hook_table.ts";
import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import { encodeFrame } from "../../protocol/framing.ts";
import type { HookPlace, ToHookProcess } from "../../protocol/hook_messages.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import { withTimeout } from "../../system/clock.ts";
import type { ChildProcess, Clock, Connection, ExitStatus } from "../../system/system.ts";

interface HookProcessOptions {
  readonly clock: Clock;
  readonly place: HookPlace;
  /** Of the generation: messages name the config file relative to it. */
  readonly workingDirectory: string;
  /** Starts a process that says hello with `token`. Throws the error of the system. */
  readonly start: (token: string) => ChildProcess;
  readonly secret: () => string;
  /** Calls `kill` when this process exits, until the returned function is called. */
  readonly onExit: (kill: () => void) => () => void;
  /** The hooks left an error that nothing caught. */
  readonly onUncaught: (error: DenicornError) => void;
  /** The process has ended, in this way, while nothing was called. */
  readonly onLost: (how: string) => void;
}

/** The process itself says that a hook is late. If it does not, so much later (ms), its event loop is blocked. */
const blockedMargin = 2_000;
/** Milliseconds for what a process has sent before it ended. */
const lastWordsTimeout = 1_000;
/** Milliseconds in which a process exits that is asked to. */
const exitTimeout = 1_000;

interface Call {
  readonly name: HookName;
  readonly cancel: () => void;
  readonly resolve: (error: DenicornError | null) => void;
}

interface Running {
  readonly process: ChildProcess;
  readonly token: string;
  readonly calls: Map<number, Call>;
  /** Messages for when it has connected. */
  readonly waiting: ToHookProcess[];
  readonly disconnected: PromiseWithResolvers<void>;
  connection: Connection | null;
  /** It is to end. */
  isEnding: boolean;
}

export class HookProcess {
  readonly #options: HookProcessOptions;
  #running: Running | null = null;
  #lastNumber = 0;
  #idle: (() => void)[] = [];

  constructor(options: HookProcessOptions) {
    this.#options = options;
  }

  /** Starts the process, unless it runs. Throws the error of the system. */
  start(): void {
    void this.#require();
  }

  /** True until the process has connected that was started last. */
  get isExpected(): boolean {
    return this.#running !== null && this.#running.connection === null;
  }

  /** Takes in the process that was started with this token; `null` if it is another one. */
  link(
    token: string,
    connection: Connection,
  ): { receive(message: FromWorker | null): void; close(): void } | null {
    const running = this.#running;
    if (running === null || running.connection !== null || token !== running.token) return null;
    running.connection = connection;
    for (const message of running.waiting.splice(0)) void connection.send(encodeFrame(message));
    return {
      receive: (message) => {
        if (message?.type !== "hook-done") return running.process.kill("SIGKILL");
        const { number, failure } = message;
        const error = failure === undefined
          ? null
          : new DenicornError("hook", failure.message, { detail: failure.detail });
        if (number === 0 && error !== null) this.#options.onUncaught(error);
        else this.#settle(running, number, error);
      },
      close: () => {
        running.disconnected.resolve();
        running.process.kill("SIGKILL");
      },
    };
  }

  /** Resolves with what went wrong, else with `null`, soon after the time that hooks have. */
  call(name: HookName, args: readonly unknown[]): Promise<DenicornError | null> {
    const { clock, place } = this.#options;
    let running: Running;
    try {
      running = this.#require();
    } catch (error) {
      const text = `cannot call the hook ${name} of ${this.#file}: no process can be started for it`;
      return Promise.resolve(new DenicornError("hook", `${text}: ${reasonOf(error)}`, { cause: error }));
    }
    const number = ++this.#lastNumber;
    return new Promise((resolve) => {
      const cancel = clock.after(place.timeout + blockedMargin, () => {
        this.#settle(running, number, lateHook(name, this.#file, place.timeout));
        this.#abandon(running);
      });
      running.calls.set(number, { name, cancel, resolve });
      this.#send(running, { type: "call-hook", number, name, args });
    });
  }

  /** Ends the process when no call is left. Resolves when it has ended; none is started any more by itself. */
  async end(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    if (running.calls.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle.push(resolve);
      await promise;
    }
    running.isEnding = true;
    this.#send(running, { type: "exit" });
    const cancel = this.#options.clock.after(exitTimeout, () => running.process.kill("SIGKILL"));
    await running.process.exited;
    cancel();
  }

  /** Ends it at once, with the calls that wait. */
  kill(): void {
    if (this.#running === null) return;
    this.#running.isEnding = true;
    this.#running.process.kill("SIGKILL");
  }

  #require(): Running {
    if (this.#running !== null) return this.#running;
    const { start, secret, place, onExit, onLost } = this.#options;
    const token = secret();
    const process = start(token);
    const running: Running = {
      ...{ process, token, connection: null, calls: new Map(), isEnding: false },
      waiting: [{ type: "hooks", place }],
      disconnected: Promise.withResolvers(),
    };
    this.#running = running;
    const forget = onExit(() => process.kill("SIGKILL"));
    void process.exited.then(async (status) => {
      forget();
      // The next call starts another one.
      this.#forget(running);
      if (running.connection !== null) {
        await withTimeout(this.#options.clock, lastWordsTimeout, running.disconnected.promise);
      }
      const how = howEnded(status);
      if (running.calls.size === 0 && !running.isEnding) onLost(how);
      this.#failAll(running, `was not done when its process ended (${how}): see its output above`);
    });
    return running;
  }

  #send(running: Running, message: ToHookProcess): void {
    if (running.connection === null) running.waiting.push(message);
    else void running.connection.send(encodeFrame(message));
  }

  #settle(running: Running, number: number, error: DenicornError | null): void {
    const call = running.calls.get(number);
    if (call === undefined) return;
    running.calls.delete(number);
    call.cancel();
    call.resolve(error);
    if (running.calls.size === 0) this.#idle.splice(0).forEach((resolve) => resolve());
  }

  /** Its event loop is blocked. */
  #abandon(running: Running): void {
    this.#forget(running);
    running.isEnding = true;
    running.process.kill("SIGKILL");
    this.#failAll(running, "was not done when its process was killed, because a hook blocked it");
  }

  #forget(running: Running): void {
    if (this.#running === running) this.#running = null;
  }

  #failAll(running: Running, why: string): void {
    for (const [number, { name }] of running.calls) {
      this.#settle(running, number, new DenicornError("hook", `hook ${name} of ${this.#file} ${why}`));
    }
  }

  get #file(): string {
    return shownPath(this.#options.workingDirectory, this.#options.place.source);
  }
}

function howEnded({ code, signal }: ExitStatus): string {
  return signal ?? `exit code ${code}`;
}
