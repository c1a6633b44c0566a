import { parseGroups, readCgroupLimits } from "../../src/doctor/cgroup.ts";
import { FakeSystem } from "../fakes/fake_system.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { find, LinuxHost } from "./linux_host.ts";

function limits(texts: Readonly<Record<string, string>>) {
  const system = new FakeSystem();
  for (const [path, text] of Object.entries(texts)) system.texts.set(path, text);
  return readCgroupLimits(system);
}

Deno.test("cgroup: no groups, no limits", () => {
  assertEquals(limits({}), { cores: null, memory: null });
  assertEquals(
    limits({
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/memory.max": "max\n",
    }),
    { cores: null, memory: null },
  );
});

Deno.test("cgroup: the lowest limit of a group and those around it counts", () => {
  const outside = { "/sys/fs/cgroup/a/memory.max": "1000\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000\n" };
  const inside = {
    "/sys/fs/cgroup/a/b.service/memory.max": "max\n",
    "/sys/fs/cgroup/a/b.service/cpu.max": "50000 100000\n",
  };
  const own = { "/proc/self/cgroup": "0::/a/b.service\n" };
  assertEquals(limits({ ...own, ...outside, ...inside }), { cores: 0.5, memory: 1000 });
  assertEquals(limits({ ...own, ...outside }), { cores: 1.5, memory: 1000 });
});

Deno.test("cgroup: version 1 has a tree for each controller", () => {
  const own = { "/proc/self/cgroup": "4:memory:/docker/12\n3:cpu,cpuacct:/docker/12\n0::/\n" };
  const found = limits({
    ...own,
    "/sys/fs/cgroup/cpu/docker/12/cpu.cfs_quota_us": "200000\n",
    "/sys/fs/cgroup/cpu/docker/12/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/memory/docker/12/memory.limit_in_bytes": "4096\n",
  });
  assertEquals(found, { cores: 2, memory: 4096 });
  // In a container the path is that on the host, and the group is mounted at the root.
  assertEquals(
    limits({ ...own, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "512\n" }),
    { cores: null, memory: 512 },
  );
  assertEquals(
    limits({
      ...own,
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "1\n",
    }),
    { cores: null, memory: null },
  );
});

Deno.test("cgroup: a path may contain colons", () => {
  assertEquals(parseGroups("0::/a:b\n1:name=systemd:/\n"), new Map([["", "/a:b"], ["name=systemd", "/"]]));
});

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
