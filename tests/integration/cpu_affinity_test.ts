/** `--cpu-affinity`: each worker has a core. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { openTo, reasonNotToSwitchUser } from "./as_root.ts";
import { type Target, testOnOneTarget } from "./harness.ts";
import { coresOf } from "./process_facts.ts";
import type { Server } from "./server.ts";

const files = { "main.ts": `export default () => new Response(String(Deno.pid));\n` };

function lackingCores(): string | null {
  return navigator.hardwareConcurrency < 2 ? "needs two cores" : null;
}

/** The first two that this process may use. */
function someCores(): [string, string] {
  const list = [...new Set(coresOf(Deno.pid).values())].join(",").split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
  });
  return [list[0]!, list[1]!];
}

/** The cores of all threads of each worker process. */
async function assertPlaces(server: Server, expected: readonly string[]): Promise<void> {
  await server.until(`workers on ${expected}`, async () => {
    const pids = ((await server.status())?.workers ?? []).map(({ pid }) => pid);
    const places = pids.map((pid) => [...new Set(coresOf(pid).values())].join(" "));
    return places.toSorted().join() === expected.toSorted().join();
  });
}

testOnOneTarget("each worker keeps to a core of its own, through a reload and a death", async (host) => {
  const cores = someCores();
  const server = host.start({ files, args: ["-w", "2", "--cpu-affinity", "auto"] });
  await server.ready(2);
  if (navigator.hardwareConcurrency === 2) await assertPlaces(server, cores);
  assert([...coresOf(server.pid).values()].every((list) => list !== cores[0] && list !== cores[1]));
  server.kill("SIGHUP");
  await server.ready(2, 2);
  await assertPlaces(server, cores);
  const [first] = await server.ready(2);
  Deno.kill(first!.pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\)/);
  await server.ready(2);
  await assertPlaces(server, cores);
}, lackingCores);

testOnOneTarget("more workers than cores share them evenly, in the order of the list", async (host) => {
  const [a, b] = someCores();
  const server = host.start({ files, args: ["-w", "3", "--cpu-affinity", `${b},${a}`] });
  await server.ready(3);
  await assertPlaces(server, [b, a, b]);
}, lackingCores);

testOnOneTarget("workers that are threads have a core each, their process has none", async (host) => {
  const [a, b] = someCores();
  const args = ["-w", "1", "--worker-class", "threads", "--threads", "2", "--cpu-affinity", `${a},${b}`];
  const server = host.start({ files, args });
  const { pid } = (await server.ready(2))[0]!;
  const threads = coresOf(pid);
  assertEquals(threads.get(pid), coresOf(server.pid).get(server.pid));
  const pinned = () => [...coresOf(pid).values()].filter((list) => list === a || list === b);
  await server.until("both threads on their cores", () => new Set(pinned()).size === 2);
}, lackingCores);

testOnOneTarget("as root: workers of another user have cores, too", async (host) => {
  openTo(host);
  const server = host.start({
    files,
    args: ["-w", "2", "--user", "nobody", "--cpu-affinity", someCores().join()],
  });
  await server.ready(2);
  await assertPlaces(server, someCores());
}, (target: Target) => lackingCores() ?? reasonNotToSwitchUser(target));

testOnOneTarget("cores that the process may not use are an error, also for check", async (host) => {
  const [a, b] = someCores();
  host.write(files);
  for (const words of [[], ["check"]]) {
    const command = ["taskset", "-c", a, ...host.target.command, ...words];
    const server = host.start({ files, command, args: ["--cpu-affinity", `${a},${b}`] });
    assertEquals((await server.exit()).code, 2, server.stderr);
    assertMatch(
      server.stderr,
      new RegExp(
        `^denicorn: cpu-affinity: ${a}[,-]${b} \\(command line --cpu-affinity\\) is not accepted, because this process may not ` +
          `use ${b}: give some of ${a}, or auto\n`,
      ),
    );
  }
}, lackingCores);
