/** While the only worker is replaced after its death, the master keeps its listener. */

import { isolated, whyShared } from "../../bench/support/namespace.ts";
import { assert, assertEquals } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";
import { outcomesOf, type Visit, Visitors } from "../../bench/support/visitors.ts";

/**
 * Milliseconds: the line about a death is written some moments before the master lets no connection reach the queue of the
 * dead worker any more. On a busy machine one that came 1 ms after the line was cut, as those are that come before it.
 */
const actionTime = 20;

/** From when the master had acted on a death until the replacement was ready, in milliseconds since 1970. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Kills the only worker three times while clients come. */
async function killThreeTimes(server: Server, visitors: Visitors): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (let round = 1; round <= 3; round++) {
    const [worker] = await server.ready(1);
    // Long enough for those that have to send their first segment again.
    await visitors.more(300);
    const before = server.stderr.length;
    Deno.kill(worker!.pid, "SIGKILL");
    const [, from] = await server.logged(/(\S+) error .*died \(SIGKILL\)/, before);
    const [, to] = await server.logged(/(\S+) info .*ready after/, before);
    gaps.push({ from: Date.parse(from!) + actionTime, to: Date.parse(to!) });
  }
  await visitors.more(300);
  return gaps;
}

function within(gaps: readonly Gap[], visits: readonly Visit[]): Visit[] {
  return visits.filter(({ began }) => gaps.some(({ from, to }) => began > from && began < to));
}

testOnOneTarget(
  "clients that come while the only worker is replaced are served: none is refused or cut",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp } });
    await server.ready(1);
    const visitors = new Visitors(server.port);
    const gaps = await killThreeTimes(server, visitors);
    const visits = await visitors.stop();
    assertEquals(outcomesOf(visits).refused, 0, JSON.stringify(outcomesOf(visits)));
    const waited = within(gaps, visits);
    assert(waited.length > 0);
    assertEquals(outcomesOf(waited), { answered: waited.length, refused: 0, cut: 0 }, JSON.stringify(waited));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget(
  "with net.ipv4.tcp_migrate_req=1 they wait in the queue of the dead worker, and the replacement serves them",
  async (host) => {
    const command = isolated(host.target.command, { tcp_migrate_req: "1" });
    const server = host.start({ files: { "main.ts": pidApp }, command });
    await server.ready(1);
    const visitors = new Visitors(server.port, ["nsenter", `--net=/proc/${server.pid}/ns/net`]);
    const gaps = await killThreeTimes(server, visitors);
    const visits = await visitors.stop();
    assertEquals(outcomesOf(visits).refused, 0, JSON.stringify(outcomesOf(visits)));
    const waited = within(gaps, visits);
    assert(waited.length > 0);
    assertEquals(outcomesOf(waited), { answered: waited.length, refused: 0, cut: 0 }, JSON.stringify(waited));
  },
  await whyShared() ?? null,
);
