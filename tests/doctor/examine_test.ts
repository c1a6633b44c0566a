import { alwaysOpen, type Check, note, ok, problem, queueOfClosing } from "../../src/doctor/check.ts";
import { checks } from "../../src/doctor/checks.ts";
import { examine } from "../../src/doctor/examine.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { LinuxHost, subject } from "./linux_host.ts";

function check(name: string, run: Check["run"], more: Partial<Check> = {}): Check {
  return { name, why: `why ${name}`, change: `change ${name}`, onFailure: "problem", run, ...more };
}

async function verdicts(...list: Check[]) {
  const { verdict, checks } = await examine(list, subject(new LinuxHost()));
  return [verdict, ...checks.map(({ name, verdict, finding }) => `${name} ${verdict}: ${finding}`)];
}

Deno.test("the overall verdict is the worst of all checks", async () => {
  const [a, b, c] = [
    check("a", () => ok("1")),
    check("b", () => Promise.resolve(note("2"))),
    check("c", () => problem("3")),
  ];
  assertEquals(await verdicts(), ["ok"]);
  assertEquals(await verdicts(a), ["ok", "a ok: 1"]);
  assertEquals(await verdicts(a, b), ["note", "a ok: 1", "b note: 2"]);
  assertEquals(await verdicts(a, c, b), ["problem", "a ok: 1", "c problem: 3", "b note: 2"]);
});

Deno.test("a check that throws gets its verdict onFailure, with the reason on one line", async () => {
  const fail = () => {
    throw new Error("no\n such file");
  };
  assertEquals(
    await verdicts(
      check("a", fail),
      check("b", fail, { onFailure: "note" }),
      check("c", () => Promise.reject("because")),
    ),
    ["problem", "a problem: no such file", "b note: no such file", "c problem: because"],
  );
});

Deno.test("a check that hangs is abandoned, and the others still run", async () => {
  const system = new LinuxHost();
  const hangs = check("a", () => new Promise(() => {}));
  const examination = examine([hangs, check("b", () => ok("1"))], subject(system));
  await system.clock.advance(5_000);
  const { checks } = await examination;
  assertEquals(checks.map(({ verdict }) => verdict), ["problem", "ok"]);
  assertMatch(checks[0]!.finding, /no result after 5 s/);
});

Deno.test("a check can ask whether earlier checks were ok", async () => {
  const asks = (name: string) => check("asks", ({ isFine }) => ok(`${isFine(name)}`));
  const before = [check("fine", () => ok("1")), check("ill", () => note("2"))];
  assertEquals((await verdicts(...before, asks("fine"))).at(-1), "asks ok: true");
  assertEquals((await verdicts(...before, asks("ill"))).at(-1), "asks ok: false");
  assertEquals((await verdicts(asks("fine"), ...before)).at(1), "asks ok: false");
});

Deno.test("a loss window is open if its check finds something or says so; each is listed once", async () => {
  const windows = async (...list: Check[]) => (await examine(list, subject(new LinuxHost()))).lossWindows;
  const lossWindow = "w";
  assertEquals(await windows(check("a", () => ok("1"), { lossWindow })), [alwaysOpen]);
  const open = check("a", () => note("1"), { lossWindow });
  assertEquals(await windows(open, open), [alwaysOpen, "w"]);
  const openThough = check("a", () => ({ ...ok("1"), leavesOpen: true }), { lossWindow });
  assertEquals(await windows(openThough), [alwaysOpen, "w"]);
  const closedThough = check("a", () => ({ ...note("1"), leavesOpen: false }), { lossWindow });
  assertEquals(await windows(closedThough), [alwaysOpen]);
});

Deno.test("on a machine that has everything, every check is ok", async () => {
  const { verdict, checks: found, lossWindows } = await examine(checks, subject(new LinuxHost()));
  assertEquals(found.filter(({ verdict }) => verdict !== "ok"), []);
  assertEquals([verdict, lossWindows], ["ok", [alwaysOpen]]);
});

Deno.test("without steering, the report lists waiting connections among what may be lost", async () => {
  const system = new LinuxHost();
  system.refuses.set("steer", "setsockopt: Protocol not available");
  system.texts.set("/proc/sys/net/ipv4/tcp_migrate_req", "0\n");
  const { verdict, checks: found, lossWindows } = await examine(checks, subject(system));
  assertEquals(verdict, "problem");
  assertMatch(found.find(({ name }) => name === "migration")!.finding, /steering is missing/);
  assert(lossWindows.includes(queueOfClosing));
  assert(lossWindows.some((window) => window.includes("tcp_migrate_req=1")));
});

Deno.test("on other systems than Linux only the checks that apply run", async () => {
  const system = new LinuxHost();
  system.host = { ...system.host, os: "darwin" };
  const { checks: found } = await examine(checks, subject(system));
  assertEquals(found.map(({ name, verdict }) => [name, verdict]), [
    ["kernel", "problem"],
    ["runtime-directory", "ok"],
    ["bundler", "ok"],
    ["app", "ok"],
    ["account", "ok"],
    ["task-store", "ok"],
    ["channel-server", "ok"],
  ]);
});

Deno.test("every check has a unique name and says why and what to change", () => {
  assertEquals(new Set(checks.map(({ name }) => name)).size, checks.length);
  for (const { name, why, change } of checks) {
    assertMatch(name, /^[a-z0-9-]+$/);
    for (const text of [why, change]) assertMatch(text, /^[^\n]{20,}\.$/, name);
  }
});
