import { loadConfigFile } from "../../../src/app/config/load_config.ts";
import { NotJson } from "../../../src/settings/not_json.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { TestHost, type Tree } from "../test_host.ts";

const system = createSystem();

async function load(host: TestHost, name: string): Promise<Readonly<Record<string, unknown>>> {
  const { values } = await loadConfigFile(system, `${host.folder}/${name}`, {
    runtimeDirectory: host.runtimeDirectory,
  });
  return values;
}

async function settings(tree: Tree, name: string): Promise<Readonly<Record<string, unknown>>> {
  using host = new TestHost(tree);
  return await load(host, name);
}

async function failure(tree: Tree, name: string): Promise<string> {
  using host = new TestHost(tree);
  const error = await assertRejects(() => load(host, name), DenicornError);
  assertEquals([error.code, error.exitCode], ["config-file", 2]);
  return error.message.replaceAll(`${host.folder}/`, "");
}

Deno.test("TypeScript with defineConfig, which needs no installed package", async () => {
  const text = `
    import { defineConfig } from "denicorn";
    import { workers } from "./lib/workers.ts";
    export default defineConfig({ bind: ["127.0.0.1:80"], workers, pid: import.meta.dirname!.length > 1 ? "x" : "" });`;
  assertEquals(
    await settings(
      { "denicorn.config.ts": text, "lib/workers.ts": "export const workers: number = 3;" },
      "denicorn.config.ts",
    ),
    { bind: ["127.0.0.1:80"], workers: 3, pid: "x" },
  );
});

Deno.test("a project that maps denicorn itself keeps its mapping", async () => {
  const tree = {
    "deno.json": `{ "imports": { "denicorn": "./mine.ts" } }`,
    "mine.ts": `export const defineConfig = (settings: object) => ({ ...settings, mine: true });`,
    "denicorn.config.ts":
      `import { defineConfig } from "denicorn"; export default defineConfig({ workers: 1 });`,
  };
  assertEquals(await settings(tree, "denicorn.config.ts"), { workers: 1, mine: true });
});

Deno.test("a project that has installed the npm package of Denicorn gets the module all the same", async () => {
  for (const mapped of ["npm:denicorn@^0.1.0", "npm:/denicorn@^0.1.0", "npm:denicorn"]) {
    const tree = {
      "deno.json": JSON.stringify({ imports: { denicorn: mapped } }),
      "node_modules/denicorn/package.json": `{ "name": "denicorn", "version": "0.1.0" }`,
      "denicorn.config.ts":
        `import { defineConfig } from "denicorn"; export default defineConfig({ workers: 1 });`,
    };
    assertEquals(await settings(tree, "denicorn.config.ts"), { workers: 1 }, mapped);
  }
});

Deno.test("JavaScript and JSON", async () => {
  assertEquals(await settings({ "c.js": "export default { workers: 2 };" }, "c.js"), { workers: 2 });
  assertEquals(await settings({ "c.json": `{ "workers": 2 }` }, "c.json"), { workers: 2 });
  assertEquals(await settings({ "c.js": "export default Promise.resolve({ workers: 2 });" }, "c.js"), {
    workers: 2,
  });
});

Deno.test("a file is read again on every call, with its imports, and leaves nothing behind", async () => {
  using host = new TestHost({
    "c.ts": `export { default } from "./n.ts";`,
    "n.ts": "export default { n: 1 };",
  });
  assertEquals(await load(host, "c.ts"), { n: 1 });
  host.write({ "n.ts": "export default { n: 2 };" });
  assertEquals(await load(host, "c.ts"), { n: 2 });
  assertEquals([...Deno.readDirSync(host.runtimeDirectory)], []);
});

for (
  const [title, name, text, message] of [
    ["a syntax error", "c.ts", "export default {\n  workers 2 };", `c.ts:2:11: Expected "}" but found "2"`],
    [
      "an import that is missing",
      "c.ts",
      `import "./no.ts";`,
      `c.ts:1:8: no such file: "./no.ts": <app> has no file of that name`,
    ],
    [
      "a throw in its background",
      "c.ts",
      `setTimeout(() => {\n  throw new Error("no");\n}, 1);\nawait new Promise((done) => setTimeout(done, 100));`,
      "c.ts:2:9: it throws: no",
    ],
    [
      "a rejection that nothing handles",
      "c.ts",
      `Promise.reject("no");\nexport default {};`,
      "c.ts: it throws: no",
    ],
    [
      "a rejection that nothing handles, in a process that gets no time of the processor for a while",
      "c.ts",
      `Promise.reject("no");
const end = performance.now() + 100;
const goOn = () => {
  if (performance.now() < end) queueMicrotask(goOn);
};
goOn();
export default {};`,
      "c.ts: it throws: no",
    ],
    [
      "an end of its process",
      "c.ts",
      `Deno.exit(0);\nexport default {};`,
      "c.ts: it ended its process with exit code 0 while it was loaded: remove the call of Deno.exit()",
    ],
    [
      "a signal that kills it",
      "c.ts",
      `Deno.kill(Deno.pid, "SIGKILL");\nawait new Promise(() => {});`,
      "c.ts: its process was killed by SIGKILL while it was loaded",
    ],
    ["a throw", "c.ts", `\nthrow new Error("no");`, "c.ts:2:7: it throws: no"],
    ["a syntax error in JSON", "c.json", `{\n  "workers": }`, 'c.json:2:14: Unexpected "}" in JSON'],
    ["JSON that ends too early", "c.json", `{\n  "workers":`, "c.json:2:13: Unexpected end of file in JSON"],
    [
      "no default export",
      "c.ts",
      "export const x = 1;",
      "c.ts: found no default export: write `export default defineConfig({ … })`",
    ],
    [
      "another kind of export",
      "c.ts",
      "export default 3;",
      "c.ts: found a number: write `export default defineConfig({ … })`",
    ],
    ["null", "c.json", "null", "c.json: found null: write `export default defineConfig({ … })`"],
    ["an array", "c.json", "[]", "c.json: found an array: write `export default defineConfig({ … })`"],
    [
      "a function",
      "c.js",
      "export default () => ({});",
      "c.js: found a function: write `export default defineConfig({ … })`",
    ],
  ] as const
) {
  Deno.test(`a config file with ${title}`, async () => {
    const found = await failure({ [name]: text }, name);
    assertEquals(found.replace(/\/tmp\S*/, "<app>"), `cannot load the config file: ${message}`);
  });
}

Deno.test("a config file beside a broken deno.json", async () => {
  const tree = { "deno.json": "{ oops }", "c.ts": "export default {};" };
  assertEquals(await failure(tree, "c.ts"), "cannot read deno.json:1:3: Expected property name or '}'");
});

Deno.test("a config file that does not exist", async () => {
  assertEquals(await failure({}, "c.ts"), "cannot load the config file: c.ts: no such file");
  assertEquals(await failure({}, "c.json"), "cannot load the config file: c.json: no such file");
});

Deno.test("a config file is evaluated in another process, with the environment and directory of this one", async () => {
  const text =
    `export default { pid: Deno.pid, cwd: Deno.cwd(), env: Deno.env.toObject(), left: undefined };`;
  const { pid, cwd, env, ...others } = await settings({ "c.ts": text }, "c.ts");
  assert(pid !== Deno.pid);
  assertEquals({ cwd, env }, { cwd: Deno.cwd(), env: Deno.env.toObject() });
  assertEquals(others, { left: undefined });
});

Deno.test("timers that a config file leaves running do not delay it", async () => {
  assertEquals(await settings({ "c.ts": "setInterval(() => {}, 1000);\nexport default { n: 1 };" }, "c.ts"), {
    n: 1,
  });
});

Deno.test("what JSON cannot hold is named, at any depth", async () => {
  const text = `const self = {}; self.self = self;
    export default {
      workers: () => 2, bind: ["a", Symbol("b")], timeout: 10n, backlog: NaN, env: { A: undefined }, pid: self,
      user: new Date(), group: { name: null, list: [1, true, "x"] },
    };`;
  const { group, ...others } = await settings({ "c.js": text }, "c.js");
  assertEquals(group, { name: null, list: [1, true, "x"] });
  assertEquals(others, {
    workers: new NotJson("a function"),
    bind: new NotJson("a symbol in 1"),
    timeout: new NotJson("a bigint"),
    backlog: new NotJson("NaN"),
    env: new NotJson("undefined in A"),
    pid: new NotJson("an object that contains itself in self"),
    user: new NotJson("an object of the class Date"),
  });
});

Deno.test("a config file in an endless loop is killed after the deadline", async () => {
  using host = new TestHost({ "c.ts": "for (;;);" });
  const clock = { ...system.clock, after: (_: number, fire: () => void) => system.clock.after(300, fire) };
  const options = { runtimeDirectory: host.runtimeDirectory };
  const error = await assertRejects(
    () => loadConfigFile({ ...system, clock }, `${host.folder}/c.ts`, options),
    DenicornError,
  );
  assertMatch(error.message, /c\.ts: not loaded after 10 s: look for a loop or an await that never ends$/);
});

Deno.test("an export that throws when it is read, or changes meanwhile, is a failure of the file", async () => {
  const cases: Readonly<Record<string, RegExp>> = {
    "export default { get workers() { throw new Error('from a property'); } };":
      /c\.js(:\d+:\d+)?: it throws: from a property$/,
    "export default { env: { get A() { throw new Error('from inside'); } } };": /it throws: from inside$/,
    "export default new Proxy({}, { ownKeys() { throw new Error('no keys'); } });": /it throws: no keys$/,
    "export default new Proxy({ a: 1 }, { get(_, name) { if (name === 'then') return; throw 7; } });":
      /it throws: 7$/,
    "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); export default { env: proxy };":
      /it throws: .*revoked/,
    "throw Object.create(null);": /it throws: \{\}$/,
    "throw { code: 5 };": /it throws: \{ code: 5 \}$/,
    "throw new Proxy({}, { getPrototypeOf() { throw 1; }, get() { throw 2; } });":
      /it throws: an object that cannot be shown as text$/,
    "throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });":
      /it throws: its message cannot be read$/,
    "JSON.stringify = () => 'nonsense'; export default {};": /does it replace a part of the runtime/,
  };
  for (const [text, message] of Object.entries(cases)) {
    assertMatch(await failure({ "c.js": text }, "c.js"), message);
  }
});

Deno.test("what an export answers first counts", async () => {
  const changing = "let reads = 0; export default { get workers() { return reads++ === 0 ? 2 : () => 3; } };";
  assertEquals(await settings({ "c.js": changing }, "c.js"), { workers: 2 });
  const proxy = "export default new Proxy({ workers: 2 }, {});";
  assertEquals(await settings({ "c.js": proxy }, "c.js"), { workers: 2 });
});

Deno.test("the process of a config file ends as soon as its result is not wanted any more", async () => {
  for (const text of ["while (true);", "await new Promise(() => setInterval(() => {}, 1000));"]) {
    using host = new TestHost({ "c.ts": `console.log("begun");\n${text}\nexport default {};` });
    const controller = new AbortController();
    const options = { runtimeDirectory: host.runtimeDirectory, signal: controller.signal };
    const clock = { ...system.clock, after: () => () => {} };
    const begun = Promise.withResolvers<void>();
    const processes: typeof system.processes = {
      ...system.processes,
      spawn(options) {
        begun.resolve();
        return system.processes.spawn(options);
      },
    };
    const loaded = loadConfigFile({ ...system, clock, processes }, `${host.folder}/c.ts`, options);
    const failed = assertRejects(() => loaded, DenicornError, "it is read again for a newer reload");
    await begun.promise;
    controller.abort();
    await failed;
  }
});
