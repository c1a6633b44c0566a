/** One process whose workers are threads, as its master knows it. */

import { encodeFrame } from "../../protocol/framing.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { ThreadEnded, ToThreadHost } from "../../protocol/thread_messages.ts";
import type {
  ChildProcess,
  Connection,
  ExitStatus,
  FdPair,
  System,
  ThreadOfProcess,
} from "../../system/system.ts";
import type { Generation } from "./generation.ts";
import type { HostProcess } from "./host_process.ts";
import type { WorkerProcess } from "./worker_process.ts";

interface ThreadHostOptions {
  /** How many threads it may have at a time. */
  readonly places: number;
  /** A thread was killed and does not end. */
  readonly onStuck: (number: number) => void;
  /** It gets no more threads, and those that it has are to be replaced. */
  readonly onRetired: () => void;
  readonly onEnd: () => void;
}

interface Thread {
  /** The number that the system has for it, once it runs. */
  id: number | null;
  readonly ended: PromiseWithResolvers<ExitStatus>;
  isKilled: boolean;
  /** How it ended, if its process still runs. */
  status: ExitStatus | null;
}

/** A thread that can be ended is gone within milliseconds, and a process that was asked to exit, too. */
const endTimeout = 1_000;

/**
 * The runtime keeps something of each thread that has ended: with Deno 2.7.11 two descriptors and 0.2 MB. So a process in
 * which so many have ended is replaced.
 */
const mostEnded = 200;

const killed: ExitStatus = { code: 137, signal: "SIGKILL" };

export class ThreadHost {
  readonly generation: Generation;
  readonly #system: System;
  readonly #options: ThreadHostOptions;
  readonly #process: ChildProcess;
  readonly #token: string;
  readonly #pairs: readonly FdPair[];
  readonly #threads = new Map<number, Thread>();
  /** What it gets when it connects. */
  readonly #waiting: ToThreadHost[] = [];
  #connection: Connection | null = null;
  #isRedeemed = false;
  /** How many of its threads have ended. */
  #ended = 0;
  #isEnding = false;
  #isRetired = false;
  #hasEnded = false;

  constructor(
    system: System,
    generation: Generation,
    { process, token, pairs }: HostProcess,
    options: ThreadHostOptions,
  ) {
    this.generation = generation;
    this.#system = system;
    this.#options = options;
    this.#process = process;
    this.#token = token;
    this.#pairs = pairs;
    void this.#process.exited.then((status) => this.#end(status));
  }

  get pid(): number {
    return this.#process.pid;
  }

  get isConnected(): boolean {
    return this.#isRedeemed || this.#hasEnded;
  }

  /** It may get more threads. One that was killed and has not ended may never end. */
  get isOpen(): boolean {
    const isEnding = this.#isEnding || this.#isRetired ||
      this.#threads.values().some(({ isKilled }) => isKilled);
    return !isEnding && this.#freePlace !== undefined;
  }

  /** True once, for the token that the process was started with. */
  redeem(token: string): boolean {
    if (this.#isRedeemed || token !== this.#token) return false;
    this.#isRedeemed = true;
    return true;
  }

  connect(connection: Connection): { receive(message: FromWorker | null): void; close(): void } {
    this.#connection = connection;
    this.#waiting.splice(0).forEach((message) => this.#send(message));
    return {
      receive: (message) => {
        const thread = message !== null && "place" in message ? this.#threads.get(message.place) : undefined;
        if (message?.type === "thread-started" && thread?.id === null) thread.id = message.id;
        else if (message?.type === "draining") this.#retire();
        else if (message?.type === "thread-ended" && thread !== undefined) this.#threadEnded(message);
        else this.#process.kill("SIGKILL");
      },
      // Nobody could end its threads any more.
      close: () => this.#killLater(),
    };
  }

  /** Starts a thread that says hello with `token`. */
  start(token: string): WorkerProcess {
    const place = this.#freePlace!;
    const thread: Thread = { ended: Promise.withResolvers(), id: null, isKilled: false, status: null };
    this.#threads.set(place, thread);
    this.#send({ type: "start-thread", place, token });
    const pair = this.#pairs[place];
    return {
      token,
      process: {
        pid: this.pid,
        thread: this.#placeOf(place, thread),
        exited: thread.ended.promise,
        output: this.#process.output,
        // It notices itself that it has lost its channel, which is what other signals are for.
        kill: (signal) => {
          if (signal === "SIGKILL") this.#kill(place, thread);
        },
      },
      fdPair: pair === undefined ? null : this.#lasting(pair),
    };
  }

  #placeOf(number: number, thread: Thread): ThreadOfProcess {
    const threads = this.#threads;
    return {
      ...{ host: this, number },
      get count() {
        return Math.max(threads.size, 1);
      },
      get id() {
        return thread.id;
      },
      retire: () => this.#retire(),
    };
  }

  #retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#options.onRetired();
  }

  get #freePlace(): number | undefined {
    return Array.from({ length: this.#options.places }, (_, place) => place)
      .find((place) => !this.#threads.has(place));
  }

  /** The next thread at the same place uses the pair again. */
  #lasting({ inbox, descriptor }: FdPair): FdPair {
    const close = () => {
      for (const { descriptors } of inbox.receive()) {
        descriptors.forEach((received) => this.#system.descriptors.close(received));
      }
    };
    return { descriptor, inbox: { receive: () => inbox.receive(), close } };
  }

  #send(message: ToThreadHost): void {
    if (this.#connection === null) this.#waiting.push(message);
    else void this.#connection.send(encodeFrame(message));
  }

  #kill(place: number, thread: Thread): void {
    if (thread.isKilled) return;
    thread.isKilled = true;
    if (this.#areAllKilled) return this.#process.kill("SIGKILL");
    this.#send({ type: "end-thread", place });
    this.#system.clock.after(endTimeout, () => {
      if (this.#threads.get(place) !== thread) return;
      this.#options.onStuck(place);
      this.#retire();
    });
  }

  get #areAllKilled(): boolean {
    return this.#threads.values().every(({ isKilled }) => isKilled);
  }

  #threadEnded({ place, code }: ThreadEnded): void {
    const thread = this.#threads.get(place)!;
    thread.status = thread.isKilled ? killed : { code, signal: null };
    if (this.#threads.size > 1) {
      if (++this.#ended >= mostEnded) this.#retire();
      this.#threads.delete(place);
      thread.ended.resolve(thread.status);
      if (this.#areAllKilled) this.#process.kill("SIGKILL");
      return;
    }
    // The last one has ended when its process has, with what the app started in it.
    this.#send({ type: "exit" });
    this.#killLater();
  }

  #killLater(): void {
    this.#isEnding = true;
    this.#system.clock.after(endTimeout, () => this.#process.kill("SIGKILL"));
  }

  #end(status: ExitStatus): void {
    this.#hasEnded = true;
    this.#isEnding = true;
    this.#pairs.forEach(({ inbox }) => inbox.close());
    for (const thread of this.#threads.values()) {
      thread.ended.resolve(thread.status ?? (thread.isKilled ? killed : status));
    }
    this.#threads.clear();
    this.#options.onEnd();
  }
}
