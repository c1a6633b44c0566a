/** An app prepares each generation once, before the workers of that generation load it. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { isRunning } from "./server.ts";

/** Writes a line to `journal` for each step of each process. `release` is in its answers. */
const app = (release: string, preparing = "") => `
import { context, waitUntil } from "denicorn";

const note = (text: string) => Deno.writeTextFileSync("journal", text + "\\n", { append: true });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

note("load " + context().generation + " " + Deno.args.join("+"));

export async function prepare({ slot, generation, log }) {
  note("prepare " + slot + " " + generation);
  log.info("migrating");
  console.log("printed by prepare");
  waitUntil(sleep(200).then(() => note("work " + generation)));
  ${preparing}
  await sleep(100);
  note("prepared " + generation);
}

export function startup({ slot }) {
  note("startup " + slot);
}

export default () => new Response("${release}");
`;

testOnOneTarget("prepare runs once per generation, before its workers load the app", async (host) => {
  const journal = () => Deno.readTextFileSync(`${host.folder}/journal`).trim().split("\n");
  const args = ["--workers", "2", "main.ts", "--", "one", "two"];
  const server = host.start({ files: { "main.ts": app("one") }, args, app: null });
  await server.ready(2);
  assertEquals(journal().slice(0, 4), ["load 1 one+two", "prepare -1 1", "prepared 1", "work 1"]);
  assertEquals(journal().slice(4).toSorted(), [
    "load 1 one+two",
    "load 1 one+two",
    "startup 0",
    "startup 1",
  ]);
  assertMatch(server.stderr, /info +master pid=\d+ +preparing generation 1: calling prepare\(\) of main\.ts/);
  assertMatch(server.stderr, /info +prepare gen=1 pid=\d+ +migrating/);
  assertMatch(server.stderr, /info +master pid=\d+ +generation 1 is prepared, after \d+ ms/);
  assertMatch(server.stdout, /printed by prepare/);

  host.write({ "main.ts": app("two") });
  server.kill("SIGHUP");
  await server.ready(2, 2);
  assertEquals(await server.text(), "two");
  assertEquals(journal().filter((line) => line.startsWith("prepare ")), ["prepare -1 1", "prepare -1 2"]);
  assertEquals(journal().indexOf("work 2") < journal().lastIndexOf("load 2 one+two"), true);
  // A worker that dies is replaced without another one.
  const [worker] = (await server.status())?.workers ?? [];
  Deno.kill(worker!.pid, "SIGKILL");
  await server.until("the replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.length === 2 &&
      workers.every(({ state, pid }) => state === "ready" && pid !== worker!.pid);
  });
  assertEquals(journal().filter((line) => line.startsWith("prepare ")).length, 2);
});

testOnOneTarget(
  "a prepare that fails ends the start, and leaves the old generation after a reload",
  async (host) => {
    const failing = app("one", 'throw new Error("database is locked");');
    const failed = host.start({ files: { "main.ts": failing } });
    assertEquals(await failed.exit(), { code: 3, signal: null });
    assertMatch(
      failed.stderr,
      /cannot prepare the app: prepare\(\) of main\.ts threw Error: database is locked\n.*main\.ts:\d+/s,
    );
    // What it needs may be missing where it is only checked.
    assertEquals((await host.run(["check", "main.ts"])).code, 0);

    const server = host.start({ files: { "main.ts": app("one") } });
    await server.ready(1);
    for (
      const [preparing, reason] of [
        [
          'throw new Error("database is locked");',
          "prepare\\(\\) of main\\.ts threw Error: database is locked",
        ],
        [
          "setTimeout(() => { throw new Error('late'); }); await sleep(10_000);",
          "prepare\\(\\) of main\\.ts threw Error: late",
        ],
        ["Deno.exit(7);", "ended with exit code 7 before that was done: see its output above"],
        ["Deno.exit(0);", "ended with exit code 0 before that was done: see its output above"],
        ['Deno.kill(Deno.pid, "SIGKILL");', "ended by SIGKILL"],
      ] as const
    ) {
      host.write({ "main.ts": app("two", preparing) });
      const from = server.stderr.length;
      server.kill("SIGHUP");
      await server.logged(new RegExp(`reload failed, generation 1 keeps serving: cannot .*${reason}`), from);
      assertEquals(await server.text(), "one");
    }
    host.write({ "main.ts": app("three") });
    server.kill("SIGHUP");
    await server.until("the new release", async () => await server.text() === "three");
    const directory = host.controlSocket.replace("/control.sock", "");
    await server.until(
      "the end of all other bundles",
      () =>
        Array.from(Deno.readDirSync(directory)).filter(({ name }) => name.startsWith("generation-"))
          .length === 1,
    );
  },
);

testOnOneTarget("prepare has a deadline of its own, and a newer reload waits for it", async (host) => {
  const server = host.start({
    files: { "main.ts": app("one") },
    args: ["--prepare-timeout", "4s"],
  });
  await server.ready(1);
  host.write({ "main.ts": app("two", "await new Promise(() => setInterval(() => {}, 1000));") });
  server.kill("SIGHUP");
  await server.logged(/preparing generation 2/);
  host.write({ "main.ts": app("three") });
  server.kill("SIGHUP");
  await server.until("the last release", async () => await server.text() === "three");
  const journal = Deno.readTextFileSync(`${host.folder}/journal`);
  assert(!journal.includes("prepared 2"), journal);

  host.write({ "main.ts": app("four", "await new Promise(() => setInterval(() => {}, 1000));") });
  const from = server.stderr.length;
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, .*prepare\(\) of main\.ts was not done after 4s \(prepare-timeout\)/,
    from,
  );
  assertEquals(await server.text(), "three");
});

testOnOneTarget(
  "workers that have started before have their whole time to boot after prepare",
  async (host) => {
    const files = { "main.ts": app("one", "await sleep(2_500);") };
    const server = host.start({ files, args: ["--boot-timeout", "2s", "--workers", "2"] });
    await server.ready(2);
    assertEquals(await server.text(), "one");
  },
);

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  testOnOneTarget(`${signal} to the master ends prepare, whatever that listens to`, async (host) => {
    const endless =
      "Deno.addSignalListener('SIGTERM', () => {}); await new Promise(() => setInterval(() => {}, 1000));";
    const server = host.start({ files: { "main.ts": app("one", endless) } });
    const [, pid] = await server.logged(/prepare gen=1 pid=(\d+) +migrating/);
    server.kill(signal);
    await server.until("the end of the process", () => !isRunning(Number(pid)));
  });
}

testOnOneTarget(
  "a prepare and a startup that never settle are named when their time is over",
  async (host) => {
    const never = "export const prepare = () => new Promise(() => {}); export default () => new Response();";
    const prepared = host.start({ files: { "main.ts": never }, args: ["--prepare-timeout", "2s"] });
    assertEquals((await prepared.exit()).code, 3);
    assertMatch(prepared.stderr, /prepare\(\) of main\.ts was not done after 2s \(prepare-timeout\)/);
    const files = { "main.ts": never.replace("prepare", "startup") };
    const started = host.start({ files, args: ["--boot-timeout", "2s"] });
    assertEquals((await started.exit()).code, 3);
    assertMatch(started.stderr, /startup\(\) of main\.ts was not done until boot-timeout was over/);
  },
);

testOnOneTarget("a program that starts its own server may prepare, too", async (host) => {
  const program = `${app("unused").replace(/export default.*/, "")}
Deno.serve(() => new Response("served"));
`;
  const server = host.start({ files: { "main.ts": program }, args: ["--workers", "2"] });
  await server.ready(2);
  assertEquals(await server.text(), "served");
  const journal = Deno.readTextFileSync(`${host.folder}/journal`).split("\n");
  assertEquals(journal.filter((line) => line.startsWith("prepare ")).length, 1);
});
