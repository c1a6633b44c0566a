/** The rights of a process, see credentials(7). */
export interface Identity {
  /** User and group ids; those of this process where absent. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Supplementary groups of user `uid`: all others are given up. */
  readonly groups?: readonly number[];
  /** Whether user `uid` may listen on ports below 1024 (CAP_NET_BIND_SERVICE). */
  readonly lowPorts?: boolean;
}

export interface SpawnOptions extends Identity {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The working directory; by default that of this process. */
  readonly cwd?: string | undefined;
  /** Open files of this process that the new one gets under the same numbers, besides the standard streams. */
  readonly inherited?: readonly number[];
  /** Stays in the session of this process, so that Ctrl-C at the terminal ends both; otherwise it gets its own. */
  readonly sameSession?: boolean;
  /** Whether what it writes to stdout is read here; otherwise it goes where the stdout of this process goes. */
  readonly readOutput?: boolean;
  /** False: its stdout and stderr lead nowhere, as its stdin always does. */
  readonly hasOutput?: boolean;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal: string | null;
}

/** A thread that the master treats as a process. */
export interface ThreadOfProcess {
  /** From 0 in its process. */
  readonly number: number;
  /** The same object for all threads of a process. */
  readonly host: object;
  /** How many threads its process has. */
  readonly count: number;
  /** The number that the system has for it; `null` until it runs, or where there is none. */
  readonly id: number | null;
  /** Its process is to end: its threads are replaced, in other processes. */
  retire(): void;
}

export interface ChildProcess {
  readonly pid: number;
  /** Which of its threads this is, if it is not the whole process. */
  readonly thread?: ThreadOfProcess;
  readonly exited: Promise<ExitStatus>;
  /** Its stdout with `readOutput`, otherwise empty. Ends when the process has closed it. */
  readonly output: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Sends a signal. Does nothing if the process has exited. */
  kill(signal: Signal): void;
}

export type Signal =
  | "SIGTERM"
  | "SIGQUIT"
  | "SIGINT"
  | "SIGHUP"
  | "SIGUSR1"
  | "SIGUSR2"
  | "SIGTTIN"
  | "SIGTTOU"
  | "SIGWINCH"
  | "SIGABRT"
  | "SIGKILL";

/** A process that this one did not start. */
export interface OtherProcess {
  readonly pid: number;
  /** Its command line, or its name if it has ended. */
  readonly command: string;
}

export interface Processes {
  /**
   * From now on the app's listeners for SIGTERM and SIGINT are only kept. Call it before the app is imported;
   * `usesProcess`: it may listen to events of `process`.
   */
  keepStopListeners(usesProcess: boolean): void;
  /** Calls them. Resolves when they have finished; what they throw goes to `onError`. */
  callStopListeners(onError: (error: unknown) => void): Promise<void>;
  /** Exits as a program that has nothing left to do, with the events that an app may listen for. */
  endAsApp(code: number): never;
  /** From now on `process.send` is there, as in a process that PM2 or Node's cluster has started, and calls `received`. */
  receiveSent(received: (message: unknown) => void): void;
  spawn(options: SpawnOptions): ChildProcess;
  isAlive(pid: number): boolean;
  /**
   * Gives this process and what it starts from now on the niceness `nice`, from -20 to 19. Throws the error of the system, and
   * elsewhere than on Linux always.
   */
  setNiceness(nice: number): void;
  /**
   * From now on `ps` shows this process with `title`, cut off where its arguments ended, and `top` its main thread, which must
   * be this one, with the first 15 bytes of `name`. Linux only: elsewhere it does nothing.
   */
  showAs(title: string, name: string): void;
  /** The same `name` for this thread alone. */
  nameThread(name: string): void;
  /**
   * From now on process `pid` and what it starts run on this core only; with `thread` only that thread and what it starts.
   * Throws the error of the system, and elsewhere than on Linux always.
   */
  runOnCore(pid: number, thread: number | null, core: number): void;
  /**
   * From now on processes whose parent has ended become children of this one, if one of its own processes started them.
   * Linux only: elsewhere it does nothing.
   */
  adoptOrphans(): void;
  /**
   * Removes children that have ended and that this process did not start, `most` of them, and returns them. 64 take
   * about 5 ms. Linux only.
   */
  reapAdopted(most: number): OtherProcess[];
  /** The running children that this process did not start. Linux only. */
  adopted(): OtherProcess[];
  /** The running processes in the group of `leader`, which may have ended. Linux only. */
  inGroup(leader: number): OtherProcess[];
  /** Sends a signal to all processes in the group of `leader`. Does nothing if there are none. */
  signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void;
  /** Sends a signal to a process that this one did not start. Does nothing if it has exited. */
  signal(pid: number, signal: Signal): void;
  onSignal(signal: Signal, handle: () => void): void;
  /** Calls `handle` for uncaught errors, which then do not end the process, until the returned function is called. */
  onUncaught(handle: (error: unknown) => void): () => void;
  /**
   * Calls `handle` when this process exits for any reason, unless the returned function was called before. It
   * must finish synchronously.
   */
  onExit(handle: () => void): () => void;
  exit(code: number): never;
  /** Ends this process by a signal after `seconds`, also while its event loop is blocked, where the system can. */
  endAfter(seconds: number): void;
  /**
   * Ends this process by SIGALRM if its event loop is blocked so that this is not called again within `ms` milliseconds;
   * 0 turns that off. Time in which the process is stopped or frozen does not end it. Linux only: elsewhere, and if the
   * app handles SIGALRM itself, it does nothing.
   */
  endUnlessCalledWithin(ms: number): void;
}
