/** Spare workers: ready, without new connections, until one has to take over. */

import { outcomesOf, Visitors } from "../../bench/support/visitors.ts";
import type { WorkerStatus } from "../../src/core/telemetry/status.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

interface Workers {
  readonly ready: readonly WorkerStatus[];
  readonly spare: readonly WorkerStatus[];
}

/** Waits until there are exactly `ready` workers that serve and `spare` spares, all of `generation`. */
function settled(server: Server, ready: number, spare: number, generation = 1): Promise<Workers> {
  return server.until(`${ready} ready workers and ${spare} spares`, async () => {
    const status = await server.status();
    const all = status?.workers ?? [];
    const found = {
      ready: all.filter(({ state }) => state === "ready"),
      spare: all.filter(({ state }) => state === "spare"),
    };
    return status?.phase === "running" && all.length === ready + spare && found.ready.length === ready &&
      found.spare.length === spare &&
      all.every((worker) => worker.generation === generation) && found;
  });
}

testOnOneTarget(
  "a spare takes over from a killed worker: no client is refused, all others are served",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--spare-workers", "1"] });
    await server.logged(/1 worker and 1 spare of generation 1 ready on/);
    const visitors = new Visitors(server.port);
    const noticed: number[] = [];
    for (let round = 1; round <= 3; round++) {
      const { ready: [victim], spare: [next] } = await settled(server, 1, 1);
      await visitors.more(40);
      const before = server.stderr.length;
      Deno.kill(victim!.pid, "SIGKILL");
      const [, time] = await server.logged(/(\S+) error .*died \(SIGKILL\)/, before);
      noticed.push(Date.parse(time!));
      await server.logged(new RegExp(`pid=${next!.pid}  takes over: it was a spare`), before);
      await visitors.more(20);
    }
    const visits = await visitors.stop();
    const { refused, cut } = outcomesOf(visits);
    assertEquals(refused, 0);
    // Every cut client was already there when the master noticed: at most those of a few milliseconds a kill.
    const notServed = visits.filter(({ began, outcome }) =>
      outcome === "cut" && !noticed.some((time) => began < time + 1 && began > time - 1_000)
    );
    assertEquals(notServed, []);
    assert(cut <= 3 * 60, `${cut} cut`);
    await settled(server, 1, 1);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget(
  "a spare gets no connection, and a dead one is replaced without effect on the others",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--spare-workers", "1", "-w", "2"] });
    const { ready, spare } = await settled(server, 2, 1);
    const serving = new Set(ready.map(({ pid }) => String(pid)));
    await server.answeredBy(serving, 60);
    Deno.kill(spare[0]!.pid, "SIGKILL");
    await server.logged(new RegExp(`pid=${spare[0]!.pid} .*died \\(SIGKILL\\); replacing it now`));
    await settled(server, 2, 1);
    await server.answeredBy(serving, 60);
    assert(!/takes over/.test(server.stderr), server.stderr);
    const { stdout } = await host.run(["ctl", "--socket", host.controlSocket, "status"]);
    assertMatch(stdout, /2 of 2 workers ready, 1 spare of 1\n/);
    assertMatch(stdout, / spare /);
  },
);

testOnOneTarget("while the only worker is blocked a spare serves, and only that long", async (host) => {
  const app = `
export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/block") {
    for (const end = performance.now() + 4_000; performance.now() < end;);
  }
  return new Response(String(Deno.pid));
};\n`;
  const server = host.start({ files: { "main.ts": app }, args: ["--spare-workers", "1"] });
  const { ready: [worker], spare: [spare] } = await settled(server, 1, 1);
  let isOver = false;
  const blocked = server.text("/block").finally(() => isOver = true);
  await server.until("the stall", async () => {
    return (await server.status())?.workers.some(({ isStalled }) => isStalled);
  });
  await server.answeredBy([String(spare!.pid)], 5);
  assert(!isOver, "the worker is still blocked");
  assertEquals(await blocked, String(worker!.pid));
  await server.until("the end of the stall", async () => (await server.text()) === String(worker!.pid));
  await server.answeredBy([String(worker!.pid)], 20);
});

testOnOneTarget(
  "reload, scaling, recycling, upgrade and WINCH treat spares as what they are",
  async (host) => {
    const files = { "main.ts": pidApp, "denicorn.config.json": `{ "spareWorkers": 1 }` };
    const server = host.start({ files });
    const { spare: [first] } = await settled(server, 1, 1);
    server.kill("SIGTTIN");
    const more = await settled(server, 2, 1);
    assert(more.ready.some(({ pid }) => pid === first!.pid), "the spare serves");
    server.kill("SIGTTOU");
    await settled(server, 1, 1);
    host.write({ "denicorn.config.json": `{ "spareWorkers": 2 }` });
    server.kill("SIGHUP");
    await settled(server, 1, 2, 2);
    host.write({ "denicorn.config.json": `{ "spareWorkers": 1 }` });
    server.kill("SIGHUP");
    await settled(server, 1, 1, 3);
    server.kill("SIGUSR2");
    await server.upgraded();
    const { ready: [worker] } = await settled(server, 1, 1);
    await server.answeredBy([String(worker!.pid)], 20);
    server.kill("SIGWINCH");
    await server.until("the end of all workers", async () => (await server.status())?.workers.length === 0);
    server.kill("SIGTTIN");
    await settled(server, 1, 1);
    server.kill("SIGTERM");
    await server.until("the end", () => server.survivors().length === 0);
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("a worker due for recycling is replaced by the spare at once", async (host) => {
  const args = ["--spare-workers", "1", "--max-requests", "20"];
  const server = host.start({ files: { "main.ts": pidApp }, args });
  const { spare: [spare] } = await settled(server, 1, 1);
  for (let request = 1; request <= 20; request++) await server.text();
  await server.logged(new RegExp(`pid=${spare!.pid}  takes over: it was a spare`));
  await server.until("the next spare", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.some(({ pid, state }) => pid === spare!.pid && state === "ready") &&
      workers.some(({ state }) => state === "spare");
  });
});

testOnOneTarget("without steering spares are refused: they would get connections", async (host) => {
  host.write({ "main.ts": pidApp });
  const { code, stderr } = await host.run(["--steering", "off", "--spare-workers", "1", "main.ts"]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /spare-workers: 1 \(.*\) is not accepted with steering = off .*give more workers instead/,
  );
});
