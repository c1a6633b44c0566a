import type { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { requireFree } from "../../../src/master/listeners/free_addresses.ts";
import type { ListeningProcess } from "../../../src/system/system.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const settings = { bind: [{ hostname: "127.0.0.1", port: 8000 }], drainIdle: 500 };

function worker(pid: number, limit: string): ListeningProcess {
  return {
    pid,
    environment: {
      DENICORN_WORKER_CHANNEL: "/run/d/channel.sock",
      DENICORN_WORKER_BLOCKING_LIMIT: limit,
    },
  };
}

/** The address is in use by `holders` until `freeAt`; the result is "free" or the message of the error. */
function start(holders: readonly ListeningProcess[], { freeAt = Infinity, hasMaster = false } = {}) {
  const system = new FakeSystem();
  const network = {
    ...system.network,
    probe: () => {
      if (system.clock.monotonic() < freeAt) throw new Deno.errors.AddrInUse("used");
    },
    listeningOn: () => system.clock.monotonic() < freeAt ? [...holders] : [],
    answers: () => Promise.resolve(hasMaster),
  };
  const { logger } = openLog(system, {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
  }, {
    pid: 41,
  });
  const result = { is: "waiting", at: 0 };
  const finish = (text: string) => Object.assign(result, { is: text, at: system.clock.monotonic() });
  void requireFree(Object.assign(Object.create(system), { network }), logger, settings)
    .then(() => finish("free"), (error: DenicornError) => finish(error.message));
  return { system, result };
}

Deno.test("a start waits until the workers of a killed master have left", async () => {
  const { system, result } = start([worker(7, "31000"), worker(8, "31000")], { freeAt: 490 });
  await system.clock.advance(3_500);
  assertEquals(result, { is: "free", at: 500 });
  assertMatch(
    system.written.stderr,
    /waiting until worker process 7 and worker process 8 of a server that was killed leaves 127\.0\.0\.1:8000\n/,
  );
});

Deno.test("a worker that does not leave is named, and when it ends", async () => {
  for (
    const [limit, end] of [
      ["31000", "it is ended after timeout, within 31 s: start again then, or end it with kill -9 7"],
      ["0", "timeout is 0, so nothing ends it: end it with kill -9 7"],
    ] as const
  ) {
    const { system, result } = start([worker(7, limit)]);
    await system.clock.advance(4_000);
    assertEquals(
      result.is,
      "cannot listen: 127.0.0.1:8000 is in use by worker process 7 of a server that was killed, whose event loop is " +
        `blocked: ${end}`,
    );
  }
});

Deno.test("other programs and the workers of a living master are not waited for", async () => {
  for (
    const [holder, hasMaster] of [[{ pid: 7, environment: {} }, false], [worker(7, "31000"), true]] as const
  ) {
    const { system, result } = start([holder], { hasMaster });
    await system.clock.advance(0);
    assertEquals(result.at, 0);
    assertMatch(result.is, /in use by another program/);
  }
});

/** Two servers on one machine, whose addresses exclude each other by port. */
function machine() {
  const held = new Set<number>();
  const system = new FakeSystem();
  const look = (port: number) => {
    if (held.has(port)) throw new Deno.errors.AddrInUse("used");
  };
  const network = {
    ...system.network,
    probe: ({ port }: { readonly port: number }) => look(port),
    reserve: ({ port }: { readonly port: number }) => {
      look(port);
      held.add(port);
      return () => void held.delete(port);
    },
  };
  const { logger } = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 });
  const open = (ports: readonly number[]) =>
    requireFree(Object.assign(Object.create(system), { network }), logger, {
      ...settings,
      bind: ports.map((port) => ({ hostname: "127.0.0.1", port })),
    });
  return { held, open };
}

Deno.test("a server that starts keeps its addresses from others until its first worker listens", async () => {
  const { held, open } = machine();
  const leave = await open([8000, 8001]);
  assertMatch(await open([8001]).then(() => "free", ({ message }) => message), /8001 is in use/);
  leave();
  assertEquals(held.size, 0);
  (await open([8001]))();
});

Deno.test("what was reserved is left if another address is in use, and one that includes another is no obstacle", async () => {
  const { held, open } = machine();
  held.add(8001);
  assertMatch(await open([8000, 8001]).then(() => "free", ({ message }) => message), /8001 is in use/);
  assertEquals([...held], [8001]);
  const leave = await open([8000, 8000]);
  leave();
  assertEquals([...held], [8001]);
});
