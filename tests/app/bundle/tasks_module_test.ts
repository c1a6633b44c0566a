/** The module of `--tasks` in the bundle of the app. */

import { importApp } from "../../../src/app/load/import_app.ts";
import { buildApp } from "../../../src/app/build/build_app.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { TestHost } from "../test_host.ts";

const files = {
  "main.ts": `import { count } from "./count.ts";
export const startup = () => {};
export default { fetch: () => new Response(String(count())) };
// The last line is a comment, without a line feed.`,
  "count.ts": `let calls = 0;\nexport const count = () => ++calls;`,
  "jobs/tasks.ts": `import { count } from "../count.ts";
export const tasks = { count: () => count() };
export const cron = { nightly: { schedule: "0 3 * * *", task: "count" } };`,
};

async function load(host: TestHost, app: string, tasks?: string, tasksModule = tasks) {
  const { text, exports } = await host.bundle(app, [], tasks);
  const bundle = `${host.runtimeDirectory}/app.mjs`;
  Deno.writeTextFileSync(bundle, text);
  const imported = await importApp({
    ...{ bundle, source: `${host.folder}/${app}`, workingDirectory: host.folder },
    ...{ exportName: "default", appType: "auto", tasksModule },
  }, { servers: [] });
  return { ...imported, exports };
}

Deno.test("the module of the tasks shares the modules of the app", async () => {
  using host = new TestHost(files);
  const { app, tasks, hooks, exports } = await load(host, "main.ts", "jobs/tasks.ts");
  assertEquals(tasks?.cron.map(({ name }) => name), ["nightly"]);
  assertEquals(tasks?.tasks.get("count")?.run(null, {} as never), 1);
  if (app?.kind !== "fetch") throw new Error("no app");
  const info = { remoteAddr: { transport: "tcp" }, completed: Promise.resolve() } as const;
  const response = await app.fetch(new Request("http://app.test/"), info);
  assertEquals(await response.text(), "2");
  assertEquals(typeof hooks.startup, "function");
  assertEquals(exports, ["default", "startup"]);
});

Deno.test("the setting may name the module of the app", async () => {
  using host = new TestHost({
    "main.ts": `export const tasks = { a() {} };\nexport default () => new Response();`,
  });
  const { tasks } = await load(host, "main.ts", undefined, "main.ts");
  assertEquals([...tasks?.tasks.keys() ?? []], ["a"]);
});

Deno.test("an app that exports no tasks has none", async () => {
  using host = new TestHost({ "main.ts": `export default () => new Response();` });
  const { tasks } = await load(host, "main.ts");
  assertEquals(tasks, null);
});

Deno.test("a module without tasks is named", async () => {
  using host = new TestHost({ ...files, "jobs/tasks.ts": "export const jobs = {};" });
  const error = await assertRejects(() => load(host, "main.ts", "jobs/tasks.ts"), DenicornError);
  assertEquals(
    [error.code, error.message],
    [
      "app-tasks",
      'cannot load the app: jobs/tasks.ts: it has no export "tasks": add `export const tasks = { … }`',
    ],
  );
});

Deno.test("tasks cannot be added to an app that is a CommonJS module", async () => {
  using host = new TestHost({ ...files, "main.cjs": `module.exports = () => new Response();` });
  const error = await assertRejects(() => load(host, "main.cjs", "jobs/tasks.ts"), DenicornError);
  assertEquals(
    [error.code, error.message.replaceAll(`${host.folder}/`, "")],
    [
      "app-tasks",
      "cannot load the app: main.cjs is a CommonJS module, to which --tasks adds no other: write it with import and export",
    ],
  );
});

Deno.test("a module of tasks that is not there is reported as the app is", async () => {
  using host = new TestHost(files);
  const request = {
    ...{ app: "main.ts", workingDirectory: host.folder, runtimeDirectory: host.runtimeDirectory },
    ...{ external: [], cache: false },
  };
  const error = await assertRejects(
    () => buildApp(createSystem(), { ...request, tasks: "jobs/task.ts" }),
    DenicornError,
  );
  assertEquals(
    [error.code, error.message],
    ["app-not-found", "cannot find the tasks: jobs/task.ts: no such file: did you mean jobs/tasks.ts?"],
  );
  const built = await buildApp(createSystem(), { ...request, tasks: "jobs/tasks.ts" });
  assertEquals(built.exports, ["default", "startup"]);
});

Deno.test("a fault in the module of the tasks names its file and line", async () => {
  using host = new TestHost({
    ...files,
    "jobs/tasks.ts": `\nimport "./nothing.ts";\nexport const tasks = {};`,
  });
  const error = await assertRejects(() => load(host, "main.ts", "jobs/tasks.ts"), DenicornError);
  assertEquals(error.message.replaceAll(`${host.folder}/`, "").includes("jobs/tasks.ts:2:8"), true);
});
