/**
 * Runs the real program, from source and compiled, each in a private folder. At the end of a test everything it has
 * started is stopped.
 */

import { freePort } from "../../bench/support/free_port.ts";
import { Server } from "./server.ts";

export { freePort };

export interface Target {
  readonly name: "source" | "binary";
  readonly command: readonly string[];
}

const root = new URL("../../", import.meta.url).pathname;
const binary = Deno.env.get("BINARY_UNDER_TEST") ?? `${root}dist/denicorn`;

export const targets: readonly Target[] = [
  {
    name: "source",
    command: [
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--cached-only",
      "--config",
      `${root}deno.json`,
      `${root}main.ts`,
    ],
  },
  { name: "binary", command: [binary] },
];

export interface StartOptions {
  /** Source of `main.ts`, or other files by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The app to name on the command line; `null` names none. */
  readonly app?: string | null;
  /** Runs another copy of the program. */
  readonly command?: readonly string[];
  /** The directory to start in, by default the private folder; `$PWD` keeps the links in its path. */
  readonly cwd?: string;
  /** The port; by default a free one. */
  readonly port?: number;
  /** False: the program says where it listens, on `port`. */
  readonly isBound?: boolean;
}

/** The private folder of one test, and the servers started in it. */
export class TestHost {
  readonly target: Target;
  readonly folder: string;
  readonly #servers: Server[] = [];

  constructor(target: Target) {
    this.target = target;
    this.folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
    Deno.mkdirSync(this.runtime);
  }

  /** The folder in which runtime directories are created. */
  get runtime(): string {
    return `${this.folder}/run`;
  }

  /** The control socket of the only server on this host, so that tests do not find other servers of the machine. */
  get controlSocket(): string {
    const [directory] = Array.from(Deno.readDirSync(this.runtime), ({ name }) => name);
    return `${this.runtime}/${directory}/control.sock`;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.folder}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, text);
    }
  }

  /** Starts the program on a free port, without waiting for it. */
  start(
    {
      files,
      args = [],
      env = {},
      app = "main.ts",
      command = this.target.command,
      port = freePort(),
      cwd,
      isBound = true,
    }: StartOptions,
  ): Server {
    this.write(files);
    const isGiven = !isBound || args.some((arg) => arg === "--bind" || arg === "-b");
    const bind = isGiven ? [] : ["--bind", `127.0.0.1:${port}`];
    const server = new Server({
      command: [...command, ...bind, ...args, ...(app === null ? [] : [app])],
      cwd: cwd ?? this.folder,
      env: { ...this.environment, ...(cwd === undefined ? {} : { PWD: cwd }), ...env },
      port,
      runtime: this.runtime,
    });
    this.#servers.push(server);
    return server;
  }

  /** Runs the program until it exits. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = this.folder) {
    const [command, ...prefix] = this.target.command as [string, ...string[]];
    const { code, stdout, stderr } = await new Deno.Command(command, {
      ...{ args: [...prefix, ...args], cwd },
      env: { ...this.environment, ...(cwd === this.folder ? {} : { PWD: cwd }), ...env },
      clearEnv: true,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** Only the variables the program needs, so that the environment of the tests does not change settings. */
  get environment(): Record<string, string> {
    const inherited = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE"];
    const present = inherited.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(present),
      XDG_RUNTIME_DIR: this.runtime,
      TMPDIR: this.folder,
      NO_COLOR: "1",
    };
  }

  /** Stops what still runs and removes the folder. */
  async close(): Promise<void> {
    for (const server of this.#servers) await server.destroy();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** As what a test lacks: what it tests is not in this target, so there is nothing to skip. */
export const notInThisProgram = "not in this program";

export type TestBody = (host: TestHost) => Promise<void>;

/** What a machine lacks for a test, or `notInThisProgram`; `null` if nothing. */
export type Lacking = string | null | ((target: Target) => string | null);

/** Registers `body` as a test for each target. It is skipped if `lacking` names something that this machine lacks. */
export function integrationTest(name: string, body: TestBody, lacking: Lacking = null): void {
  for (const target of targetsWith(lacking)) register(target, name, body, lacking);
}

/**
 * Registers `body` as a test for one target, which its name decides: for what is the same on both runtimes, because this
 * program decides it. Each target gets about half of the tests of a file. With ALL_TARGETS=1 both run all of them.
 */
export function testOnOneTarget(name: string, body: TestBody, lacking: Lacking = null): void {
  const able = targetsWith(lacking);
  const isForAll = Deno.env.get("ALL_TARGETS") === "1";
  const chosen = isForAll ? able : able.slice(sumOf(name) % able.length).slice(0, 1);
  for (const target of chosen) register(target, name, body, lacking);
}

function sumOf(text: string): number {
  return Array.from(text, (letter) => letter.codePointAt(0)!).reduce((sum, code) => sum + code, 0);
}

function reasonToSkip(target: Target, lacking: Lacking): string | null {
  return typeof lacking === "function" ? lacking(target) : lacking;
}

function targetsWith(lacking: Lacking): readonly Target[] {
  return targets.filter((target) => reasonToSkip(target, lacking) !== notInThisProgram);
}

function register(target: Target, name: string, body: TestBody, lacking: Lacking): void {
  const lacks = reasonToSkip(target, lacking);
  const reason = lacks === null ? "" : ` (skipped: ${lacks})`;
  Deno.test({
    name: `[${target.name}] ${name}${reason}`,
    ignore: lacks !== null,
    async fn() {
      const host = new TestHost(target);
      try {
        await body(host);
      } finally {
        await host.close();
      }
    },
  });
}

/** Waits until `check` returns something other than `undefined` or `false`. The deadline only ends a hanging test. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  { deadline = 20_000, explain = () => "" }: { deadline?: number; explain?: () => string } = {},
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > start + deadline) {
      throw new Error(`did not happen within ${deadline} ms: ${what}\n${explain()}`);
    }
    const waited = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, Math.min(shortestPause + waited / 10, longestPause)));
  }
}

/** Milliseconds between two checks: those that take long are no reason to keep the machine busy. */
const shortestPause = 5;
const longestPause = 50;
