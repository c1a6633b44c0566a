import { SourceWatch } from "../../../src/master/generations/source_watch.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { openLog } from "../../../src/log/logger.ts";

function fakeWatch(fails = { now: false }) {
  const clock = new FakeClock();
  const system = new FakeSystem();
  const settings = { logLevel: "info", logFormat: "text", errorLogfile: "-" } as const;
  const { logger } = openLog(system, settings, { pid: 1 });
  const exists = new Set(["/app", "/app/lib"]);
  const opened: string[] = [];
  let closed = 0;
  let failure: (error: unknown) => void = () => {};
  let change: (paths: readonly string[]) => void = () => {};
  let reloads = 0;
  const watch = new SourceWatch({
    clock,
    logger,
    reload: () => reloads++,
    files: {
      stat: (path) => exists.has(path) ? { isDirectory: true } as never : null,
      watch: (directories, onChange, onFailure) => {
        if (fails.now) throw new Error("no space left on device");
        opened.push(directories.join());
        change = onChange;
        failure = onFailure;
        return () => closed++;
      },
    },
  });
  return {
    ...{ clock, exists, opened, watch },
    get log() {
      return system.written.stderr;
    },
    change: (...paths: string[]) => change(paths),
    fail: () => failure(new Error("gone")),
    get reloads() {
      return reloads;
    },
    get closed() {
      return closed;
    },
  };
}

Deno.test("a save that takes several steps is one reload, as soon as it is over", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts", "/app/lib/users.ts"]);
  assertEquals(fake.opened, ["/app,/app/lib"]);
  fake.change("/app/main.ts");
  await fake.clock.advance(20);
  fake.change("/app/main.ts", "/app/lib/users.ts");
  fake.change("/app/sessions.db");
  await fake.clock.advance(29);
  assertEquals(fake.reloads, 0);
  await fake.clock.advance(1);
  assertEquals(fake.reloads, 1);
  await fake.clock.advance(1_000);
  assertEquals(fake.reloads, 1);
});

Deno.test("files that change all the time are not waited for", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts"]);
  for (let time = 0; time < 1_000; time += 20) {
    fake.change("/app/main.ts");
    await fake.clock.advance(20);
  }
  assertEquals(fake.reloads, 2);
});

Deno.test("the same directories are not watched again, unless one of them was replaced", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts"]);
  fake.watch.built(["/app/main.ts", "/app/other.ts"]);
  assertEquals([fake.opened, fake.closed], [["/app"], 0]);
  fake.change("/app");
  await fake.clock.advance(30);
  assertEquals([fake.opened, fake.closed, fake.reloads], [["/app", "/app"], 1, 1]);
  fake.watch.built(["/app/main.ts"]);
  assertEquals(fake.closed, 1);
});

Deno.test("the directory above is watched while one is missing", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts", "/app/lib/users.ts"]);
  fake.exists.delete("/app/lib");
  fake.change("/app/lib");
  await fake.clock.advance(30);
  fake.watch.failed();
  fake.exists.add("/app/lib");
  fake.change("/app/lib");
  await fake.clock.advance(30);
  assertEquals([fake.opened, fake.reloads], [["/app,/app/lib", "/app", "/app,/app/lib"], 2]);
});

Deno.test("after an error new files count, until the app is built again", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts"]);
  fake.watch.failed();
  fake.change("/app/missing.ts");
  await fake.clock.advance(30);
  assertEquals(fake.reloads, 1);
  fake.watch.built(["/app/main.ts", "/app/missing.ts"]);
  fake.change("/app/new.ts");
  await fake.clock.advance(1_000);
  assertEquals(fake.reloads, 1);
});

Deno.test("where files cannot be watched, a warning says so, and the next build tries again", () => {
  const fails = { now: true };
  const fake = fakeWatch(fails);
  fake.watch.built(["/app/main.ts"]);
  const warning = (reason: string) =>
    new RegExp(
      `warning master pid=1  cannot watch the files of the app: ${reason}: reload with HUP or \`denicorn reload\`\\n$`,
    );
  assertMatch(fake.log, warning("no space left on device"));
  fails.now = false;
  fake.watch.built(["/app/main.ts"]);
  assertEquals(fake.opened, ["/app"]);
  fake.fail();
  assertMatch(fake.log, warning("gone"));
  fake.watch.built(["/app/main.ts"]);
  assertEquals(fake.opened, ["/app", "/app"]);
});

Deno.test("after its end nothing is followed", async () => {
  const fake = fakeWatch();
  fake.watch.built(["/app/main.ts"]);
  fake.change("/app/main.ts");
  fake.watch.close();
  await fake.clock.advance(1_000);
  fake.watch.built(["/app/main.ts", "/app/lib/users.ts"]);
  assertEquals([fake.reloads, fake.opened, fake.closed], [0, ["/app"], 1]);
});
