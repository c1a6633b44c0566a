import { assertEquals, assertMatch } from "../assert.ts";
import { find, LinuxHost, settings } from "./linux_host.ts";

/** A file with another content, and the finding of the check. */
const cases: readonly [name: string, path: string, text: string, verdict: string, finding: RegExp][] = [
  ["kernel", "/proc/sys/kernel/osrelease", "4.4.0\n", "problem", /^Linux 4\.4\.0: /],
  ["migration", "/proc/sys/net/ipv4/tcp_migrate_req", "0\n", "ok", /is 0: /],
  ["file-limit", "/proc/self/limits", "Max open files 1024 2048 files\n", "note", /^soft 1024, hard 2048/],
  ["file-limit", "/proc/self/limits", "", "note", /no line about open files/],
  ["accept-queue", "/proc/sys/net/core/somaxconn", "128\n", "note", /is 128/],
  ["ports", "/proc/sys/net/ipv4/ip_local_port_range", "1024\t65535\n", "note", /port 8000/],
  ["cores", "/sys/fs/cgroup/cpu.max", "20000 100000\n", "note", /0\.20 of 2/],
  ["memory", "/sys/fs/cgroup/memory.max", "134217728\n", "problem", /^128 MiB \(limit of the cgroup\)/],
  ["memory", "/proc/meminfo", "", "note", /does not show/],
];

for (const [name, path, text, verdict, finding] of cases) {
  Deno.test(`${name}: reads ${path} (${verdict})`, async () => {
    const system = new LinuxHost();
    assertEquals((await find(name, system)).verdict, "ok");
    system.texts.set(path, text);
    const found = await find(name, system);
    assertEquals(found.verdict, verdict);
    assertMatch(found.finding, finding);
  });
}

Deno.test("a missing file is reported and does not fail the check", async () => {
  const system = new LinuxHost();
  system.texts.delete("/proc/sys/net/ipv4/tcp_migrate_req");
  assertMatch((await find("migration", system)).finding, /this kernel lacks net/);
  system.texts.delete("/proc/self/smaps_rollup");
  assertEquals((await find("proc", system)).verdict, "note");
});

Deno.test("pid-1 and kernel use the host's facts", async () => {
  const system = new LinuxHost();
  assertEquals((await find("pid-1", system)).verdict, "ok");
  system.host = { ...system.host, pid: 1, os: "darwin" };
  assertEquals((await find("pid-1", system)).verdict, "note");
  assertEquals((await find("kernel", system)).verdict, "problem");
});

Deno.test("an app that is missing is a problem that names it", async () => {
  const system = new LinuxHost();
  system.texts.set("/srv/main.ts", "");
  const findApp = (app: string | undefined) => find("app", system, { settings: { ...settings, app } });
  assertEquals(await findApp(undefined), { verdict: "ok", finding: "none is named" });
  assertEquals(await findApp("main.ts:app"), { verdict: "ok", finding: "/srv/main.ts" });
  const missing = await findApp("nope.ts");
  assertEquals(missing.verdict, "problem");
  assertMatch(missing.finding, /^cannot find the app: nope\.ts: /);
});
