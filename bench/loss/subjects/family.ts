/**
 * The processes of one server, in a private folder. All of them, also those that are nobody's children any more,
 * are known by that folder: it is their working directory.
 */

import { pause } from "../client/load.ts";
import { readLines } from "../lines.ts";

export interface LogLine {
  /** Milliseconds, as `performance.now()` counts. */
  readonly at: number;
  readonly text: string;
}

export class Family {
  readonly folder = Deno.makeTempDirSync({ prefix: "loss-" });
  readonly lines: LogLine[] = [];
  readonly #processes: Deno.ChildProcess[] = [];
  readonly #exits = new Map<number, number>();

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${this.folder}/${name}`, text);
  }

  /** Starts a process whose output goes to the log. */
  start(command: readonly string[], env: Readonly<Record<string, string>> = {}): number {
    const [program, ...args] = command as [string, ...string[]];
    const process = new Deno.Command(program, {
      args,
      cwd: this.folder,
      env: { ...kept(), NO_COLOR: "1", ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#processes.push(process);
    const add = (text: string) => void this.lines.push({ at: performance.now(), text });
    void readLines(process.stdout, add);
    void readLines(process.stderr, add);
    void process.status.then(({ code }) => this.#exits.set(process.pid, code));
    return process.pid;
  }

  /** The exit code of a process that `start` gave, once it has ended. */
  exitCode(pid: number): number | undefined {
    return this.#exits.get(pid);
  }

  /** Process ids of all that are still there. */
  living(): number[] {
    const pids = Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter(Number.isInteger);
    return pids.filter((pid) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/cwd`) === this.folder;
      } catch {
        // Ended, or another user's.
        return false;
      }
    });
  }

  /** Waits for a condition; the failure shows the end of the log. */
  async until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>) {
    const end = performance.now() + patience;
    for (;;) {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) throw new Error(`never happened: ${what}\n${this.log()}`);
      await pause(20);
    }
  }

  /** The first line since `from` that matches. */
  find(pattern: RegExp, from = 0): LogLine | undefined {
    return this.lines.slice(from).find(({ text }) => pattern.test(text));
  }

  count(pattern: RegExp, from = 0): number {
    return this.lines.slice(from).filter(({ text }) => pattern.test(text)).length;
  }

  log(): string {
    return this.lines.slice(-40).map(({ text }) => text).join("\n");
  }

  async destroy(): Promise<void> {
    for (const pid of this.living()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Ended meanwhile.
      }
    }
    await Promise.all(this.#processes.map((process) => process.status));
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const patience = 60_000;

/** Only what a program needs, so that no setting leaks in from whoever runs the measurement. */
function kept(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

export function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}
