/**
 * The processes of one server, in a private folder. The folder is their working directory, which identifies all of
 * them, including orphans.
 */

import { pause } from "../client/load.ts";
import { readLines } from "../lines.ts";

export interface LogLine {
  /** Milliseconds, as `performance.now()` counts. */
  readonly at: number;
  readonly text: string;
}

export class ProcessGroup {
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
      env: { ...inheritedVariables(), NO_COLOR: "1", ...env },
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

  /** The exit code of a process started by `start`, once it has ended. */
  exitCode(pid: number): number | undefined {
    return this.#exits.get(pid);
  }

  /** Process ids of all processes that still exist. */
  running(): number[] {
    const pids = Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter(Number.isInteger);
    return pids.filter((pid) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/cwd`) === this.folder;
      } catch {
        // It has ended, or belongs to another user.
        return false;
      }
    });
  }

  /** Waits for a condition. On a time-out it throws with the end of the log. */
  async until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>) {
    const end = performance.now() + conditionTimeout;
    for (;;) {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) {
        throw new Error(`did not happen within ${conditionTimeout} ms: ${what}\n${this.log()}`);
      }
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
    for (const pid of this.running()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended in the meantime.
      }
    }
    await Promise.all(this.#processes.map((process) => process.status));
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const conditionTimeout = 60_000;

/** Only the variables a program needs, so that the environment of the measurement does not change settings. */
function inheritedVariables(): Record<string, string> {
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
