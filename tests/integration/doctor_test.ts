import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

interface CheckResult {
  readonly name: string;
  readonly verdict: string;
  readonly finding: string;
  readonly why: string;
  readonly change: string;
}

async function examine(host: TestHost, ...args: string[]) {
  const { code, stdout, stderr } = await host.run(["doctor", "--json", ...args]);
  assertEquals(stderr, "");
  const examination = JSON.parse(stdout);
  const checks: CheckResult[] = examination.checks;
  return { code, examination, checks };
}

testOnOneTarget(
  "doctor --json: every check has all fields, and the exit code follows from the verdicts",
  async (host) => {
    const { code, examination, checks } = await examine(host);
    assertEquals(Object.keys(examination), ["version", "runtime", "verdict", "checks", "lossWindows"]);
    assert(checks.length >= 2 && examination.lossWindows.length >= 1);
    for (const check of checks) {
      assertEquals(Object.keys(check), ["name", "verdict", "finding", "why", "change"]);
      for (const text of Object.values(check)) assertMatch(text, /^[^\n]+$/);
      assert(["ok", "note", "problem"].includes(check.verdict));
    }
    const worst = ["problem", "note"].find((verdict) => checks.some((check) => check.verdict === verdict));
    assertEquals(examination.verdict, worst ?? "ok");
    assertEquals(code, worst === "problem" ? 1 : 0);
    assertClean(host);
  },
);

testOnOneTarget("doctor: the text lists the same checks, without colour in a pipe", async (host) => {
  const { checks } = await examine(host);
  const { stdout, stderr } = await host.run(["doctor"], { NO_COLOR: "" });
  assertEquals(stderr, "");
  const named = Array.from(stdout.matchAll(/^(?:ok|note|problem) +(\S+)  /gm), ([, name]) => name);
  assertEquals(named, checks.map(({ name }) => name));
  assertMatch(stdout, /^What may be lost on this host:\n- /m);
  assert(!stdout.includes("\x1b"));
  assertClean(host);
});

testOnOneTarget("doctor checks for the given settings; a mistake in them is exit 2", async (host) => {
  host.write({ "denicorn.config.json": `{ "workers": 1024 }` });
  const { checks } = await examine(host);
  const cores = checks.find(({ name }) => name === "cores");
  if (cores !== undefined) assertMatch(cores.finding, /1024 are set/);
  const { code, stdout, stderr } = await host.run(["doctor", "--workers", "none"]);
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^denicorn: workers: "none" \(command line --workers\)[^\n]*\n$/);
});

testOnOneTarget("doctor: exit 1 on a host that lacks something, and it says what", async (host) => {
  // Another user could replace the directory that is created here.
  Deno.chmodSync(host.runtime, 0o777);
  const { code, checks } = await examine(host);
  const directory = checks.find(({ name }) => name === "runtime-directory")!;
  assertEquals([code, directory.verdict], [1, "problem"]);
  assertMatch(directory.finding, /mode 0777/);
  assertClean(host);
});

function assertClean(host: TestHost): void {
  assertEquals(Array.from(Deno.readDirSync(host.runtime), ({ name }) => name), []);
}
