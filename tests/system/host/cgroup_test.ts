import { parseGroups, readAvailableMemory, readCgroupLimits } from "../../../src/system/host/cgroup.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { assertEquals } from "../../assert.ts";

function hostOf(texts: Readonly<Record<string, string>>): FakeSystem {
  const system = new FakeSystem();
  for (const [path, text] of Object.entries(texts)) system.texts.set(path, text);
  return system;
}

const limits = (texts: Readonly<Record<string, string>>) => readCgroupLimits(hostOf(texts));

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

Deno.test("available memory: the lowest of the limit and what the machine has", () => {
  const available = (limit: string) =>
    readAvailableMemory(hostOf({
      "/proc/meminfo": "MemTotal:        2 kB\nMemFree:  1 kB\n",
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": limit,
    }));
  assertEquals(available("1024\n"), { memory: 1024, isLimit: true });
  assertEquals(available("max\n"), { memory: 2048, isLimit: false });
  // Version 1 shows about 2^63 for no limit.
  assertEquals(available("9223372036854771712\n"), { memory: 2048, isLimit: false });
  assertEquals(readAvailableMemory(hostOf({})), null);
});
