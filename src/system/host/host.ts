import type { OptionalPermission } from "../../core/app_permissions.ts";

export type TerminalPlace = "foreground" | "background" | "none";

export type Stream = "stdout" | "stderr";

/** The jobs of `Deno.cron`. */
export interface CronJobs {
  added(name: string, job: () => unknown): void;
  removed(name: string): void;
  /** Called when `job` is due, and runs it or not. */
  run(name: string, job: () => unknown): unknown;
}

export interface Host {
  readonly os: string;
  readonly pid: number;
  readonly uid: number | null;
  /** The arguments of this process. */
  readonly args: readonly string[];
  /** The file of this program, by its name at the start. */
  readonly execPath: string;
  /**
   * A path from which the program that runs now can be started, also after its file was replaced or removed. In a
   * compiled program `heapLimit` limits the heap of V8 to so many bytes, rounded down to megabytes; 0 for the limit of
   * the runtime. Throws if there is no such path.
   */
  program(heapLimit: number): string;
  /** Where `program` keeps a copy, if it needs one: a directory that the caller removes. */
  keepProgramIn(directory: string): void;
  /** True in an executable made with `deno compile`. */
  readonly standalone: boolean;
  /**
   * From source, the options of `deno run` that give a child process the permissions of this one; `null` if they are
   * fewer than all and cannot be found out.
   */
  readonly permissions: readonly string[] | null;
  /** Runtime name and version, for `--version`. */
  readonly runtime: string;
  /** What this process uses, in bytes: of the heap of V8, of what is outside of it, and in all. */
  memory(): Readonly<Record<"heapUsed" | "heapTotal" | "external" | "resident", number>>;
  /** Cores that this process may use, by CPU affinity and cgroup quota; at least 1. */
  cores(): number;
  env(name: string): string | undefined;
  environment(): Record<string, string>;
  setEnv(name: string, value: string | undefined): void;
  cwd(): string;
  chdir(path: string): void;
  setUmask(mask: number): void;
  isTerminal(stream: Stream): boolean;
  /** The name of this machine; empty if the system does not say. */
  hostName(): string;
  /** Whether what is written there goes to the journal of systemd. */
  isJournal(stream: Stream): boolean;
  /** Where this process is in the terminal that controls it. Linux only: elsewhere there is none. */
  terminalPlace(): TerminalPlace;
  /** Whether SIGHUP is ignored, as under `nohup`. False once it is handled. Linux only. */
  ignoresHangup(): boolean;
  /** Of the terminal at stdout, or 80×24 if there is none. */
  terminalSize(): { readonly columns: number; readonly rows: number };
  /**
   * Calls `pressed` for each key, including Ctrl-C, until the returned function is called. Does nothing if stdin is
   * not a terminal.
   */
  keys(pressed: (key: string) => void): () => void;
  /** A descriptor that leads where stderr leads, for a process to inherit. Linux only: elsewhere it throws. */
  copyOfErrors(): number;
  /** From now on `write` to stderr goes to `descriptor`, which was inherited, until the returned function closes that. */
  writeErrorsTo(descriptor: number): () => void;
  /** Waits until the reader has taken it; false if there is no reader any more. */
  write(stream: Stream, text: string): boolean;
  /**
   * Writes as much as the reader takes now and returns how many bytes that were. Throws if there is no reader any
   * more. Waits for the reader on systems without such writes.
   */
  writeNow(stream: Stream, bytes: Uint8Array<ArrayBuffer>): number;
  /** Blocks until the reader takes more; false after `ms`. */
  awaitReader(stream: Stream, ms: number): boolean;
  /**
   * From now on what the app prints with `console` goes to `print`, formatted as before: `level` is 0 for debug, 1 for log
   * and info, 2 for warn, 3 for error.
   */
  printThrough(print: (stream: Stream, text: string, level: number) => void): void;
  /** From now on what the app itself writes to a standard stream goes to `print`. */
  captureWrites(print: (stream: Stream, bytes: Uint8Array) => void): void;
  /** From now on the app reads `url` as `Deno.mainModule` and `args` as `Deno.args`. */
  presentAs(url: string, args: readonly string[]): void;
  /** From now on the runtime refuses these to all code of this process, or of this thread, and to what that starts. */
  giveUp(names: readonly OptionalPermission[]): void;
  /** From now on the app sees only these unstable features of the runtime. */
  offerFeatures(wanted: readonly string[]): void;
  /** From now on what the app gives to `Deno.cron` runs by `jobs`. */
  takeCron(jobs: CronJobs): void;
  /** Milliseconds between two moments at which jobs of `Deno.cron` can be due. */
  cronUnit(): number;
  /**
   * From now on `localStorage`, `caches` and `Deno.openKv()` without a path store in the directory that `find` returns;
   * nothing is looked for or created before. Where that is impossible, calls `onMissing` with the reason; what the app stores is then lost with
   * this process.
   */
  offerStorage(find: () => string | undefined, onMissing: (reason: string) => void): void;
  /** At least 0, less than 1. */
  random(): number;
  /** A text that cannot be guessed. */
  secret(): string;
}
