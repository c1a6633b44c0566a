/** An app in its own folder, bundled here and run in other processes. */

import { type Bundle, bundleApp } from "../../src/app/bundle/bundle.ts";
import { locateApp, parseAppSpec } from "../../src/app/app_spec.ts";
import { DenicornError, type ErrorCode, errorKinds } from "../../src/core/errors.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals } from "../assert.ts";

/** A text, bytes, or a link to a path relative to the link. */
export type Content = string | Uint8Array | { readonly link: string };

export type Tree = Readonly<Record<string, Content>>;

const root = new URL("../../", import.meta.url).pathname;
const system = createSystem();

/** The runtimes that run every bundle. DENICORN_BUNDLE_RUNNER adds `runner.ts` as compiled by another Deno. */
const runners: readonly (readonly [string, ...string[]])[] = [
  [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    "--cached-only",
    "--config",
    `${root}deno.json`,
    `${root}tests/app/runner.ts`,
  ],
  ...(Deno.env.has("DENICORN_BUNDLE_RUNNER")
    ? [[Deno.env.get("DENICORN_BUNDLE_RUNNER") ?? ""] as const]
    : []),
];

export class TestHost implements Disposable {
  readonly folder: string;
  readonly #temporary: string;

  /** `name` is the name of the app's folder. */
  constructor(tree: Tree, name = "app") {
    this.#temporary = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "denicorn-app-" }));
    this.folder = `${this.#temporary}/${name}`;
    Deno.mkdirSync(`${this.#temporary}/run`);
    Deno.mkdirSync(`${this.#temporary}/elsewhere`);
    Deno.mkdirSync(this.folder);
    this.write(tree);
  }

  get runtimeDirectory(): string {
    return `${this.#temporary}/run`;
  }

  write(tree: Tree): void {
    for (const [name, content] of Object.entries(tree)) {
      const path = `${this.folder}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(path, content);
      else if (content instanceof Uint8Array) Deno.writeFileSync(path, content);
      else Deno.symlinkSync(content.link, path);
    }
  }

  bundle(app = "main.ts", external: readonly string[] = [], tasks?: string): Promise<Bundle> {
    const spec = parseAppSpec(`${this.folder}/${app}`);
    return bundleApp(system, {
      entry: locateApp(system, spec, this.folder),
      exportName: spec.exportName,
      external,
      tasks: tasks === undefined ? undefined : `${this.folder}/${tasks}`,
      runtimeDirectory: this.runtimeDirectory,
    });
  }

  /** The response of the app to `GET /`, which must be the same in every runtime. */
  async answer(app = "main.ts", external: readonly string[] = []): Promise<string> {
    const { text, error } = await this.#run(app, external);
    if (text === undefined) throw new Error(`${error?.message}\n${error?.detail}`);
    return text.replaceAll(this.folder, "<app>");
  }

  /** Why the app cannot be bundled, or cannot be imported in any runtime. Paths are relative to its folder. */
  async failure(app = "main.ts"): Promise<DenicornError> {
    try {
      const { text, error } = await this.#run(app);
      if (error === undefined) throw new Error(`the app loads, and answers ${text}`);
      return this.#relative(new DenicornError(error.code, error.message, { detail: error.detail }));
    } catch (error) {
      if (error instanceof DenicornError) return this.#relative(error);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#temporary, { recursive: true });
  }

  async #run(app: string, external: readonly string[] = []): Promise<Outcome> {
    const { text } = await this.bundle(app, external);
    const outfile = `${this.runtimeDirectory}/app.mjs`;
    Deno.writeTextFileSync(outfile, text);
    const { path, exportName } = parseAppSpec(app);
    const args = [outfile, `${this.folder}/${path}`, exportName];
    const [first, ...others] = await Promise.all(runners.map((runner) => runIn(runner, args, this.folder)));
    for (const other of others) assertEquals(other, first, "the runtimes differ");
    return first ?? {};
  }

  #relative({ code, message, detail }: DenicornError): DenicornError {
    const shorten = (text: string) => text.replaceAll(`${this.folder}/`, "").replaceAll(this.folder, "<app>");
    return new DenicornError(code, shorten(message), {
      detail: detail === undefined ? undefined : shorten(detail),
    });
  }
}

interface Outcome {
  readonly text?: string;
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly detail?: string };
}

/** Runs in another working directory: nothing may depend on it. */
async function runIn([command, ...own]: readonly string[], args: string[], folder: string): Promise<Outcome> {
  const { stdout, stderr } = await new Deno.Command(command ?? "", {
    args: [...own, ...args],
    cwd: `${folder}/../elsewhere`,
    env: { NO_COLOR: "1" },
  }).output();
  const line = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`no result from ${command}: ${line}\n${new TextDecoder().decode(stderr)}`);
  }
}

/** A test of the response of one app. */
export function testAnswer(name: string, tree: Tree, expected: string, app?: string): void {
  Deno.test(name, async () => {
    using host = new TestHost(tree);
    assertEquals(await host.answer(app), expected);
  });
}

/** A test of one app that cannot be loaded, with the code and the full message of the error. */
export function testFailure(name: string, tree: Tree, code: ErrorCode, message: string, app?: string): void {
  Deno.test(name, async () => {
    using host = new TestHost(tree);
    const error = await host.failure(app);
    assertEquals(error.message, message);
    assertEquals([error.code, error.exitCode], [code, errorKinds[code].exitCode]);
  });
}
