import { openLog } from "../../../src/log/logger.ts";
import { EventLog } from "../../../src/master/telemetry/event_log.ts";
import {
  notifyServiceManager,
  type ServiceManager,
  takeServiceManager,
} from "../../../src/master/telemetry/service_manager.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

const manager: ServiceManager = { socket: "/run/notify", watchdog: 1_000 };

/** A server that notifies, `isMain` at once or when that resolves. */
function notifying(isMain: Promise<void> = Promise.resolve()) {
  const system = new FakeSystem();
  const sent: string[] = [];
  const limits: number[] = [];
  const state = { fails: false, exitHookTimeout: 0 };
  const network = {
    ...system.network,
    sendUnixNotice(socket: string, text: string) {
      if (state.fails) throw new Error("connect /run/notify: No such file or directory");
      const [, limit] = /^EXTEND_TIMEOUT_USEC=(\d+)000$/m.exec(text) ?? [];
      if (limit !== undefined) limits.push(Number(limit));
      sent.push(`${socket} ${text.split("\n")[0]}`);
    },
  };
  const config = { logLevel: "info", logFormat: "text", errorLogfile: "-" } as const;
  const { logger } = openLog(system, config, { pid: 1 });
  const eventLog = new EventLog(system.clock);
  const settings = () => ({ gracefulTimeout: 30_000, shutdownTimeout: 5_000, shutdownDelay: 0 });
  const end = notifyServiceManager(manager, {
    ...{ system: { clock: system.clock, network }, logger, eventLog, settings, isMain },
    exitHookTimeout: () => state.exitHookTimeout,
  });
  return { system, eventLog, sent, limits, state, end };
}

Deno.test("a service manager gets notices and signs of life until the server has stopped", async () => {
  const { system, eventLog, sent, end } = notifying();
  await settled();
  eventLog.emit({ kind: "complete", text: "ready" });
  eventLog.emit({ kind: "worker-ready", text: "ready" });
  await system.clock.advance(2_000);
  eventLog.emit({ kind: "stopping", text: "stopping" });
  assertEquals(
    sent.splice(0),
    ["WATCHDOG=1", "READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"].map((text) => `/run/notify ${text}`),
  );
  end();
  await system.clock.advance(2_000);
  assertEquals(sent, []);
});

Deno.test("a successor says nothing until it is the master, and an old master nothing after that", async () => {
  const main = Promise.withResolvers<void>();
  const next = notifying(main.promise);
  next.eventLog.emit({ kind: "complete", text: "ready" });
  await next.system.clock.advance(2_000);
  assertEquals(next.sent, []);
  main.resolve();
  await settled();
  assertEquals(next.sent, ["/run/notify WATCHDOG=1", "/run/notify READY=1"]);

  const old = notifying();
  await settled();
  old.eventLog.emit({ kind: "upgraded", text: "process 7 serves", pid: 7 });
  old.eventLog.emit({ kind: "stopping", text: "stopping" });
  await old.system.clock.advance(2_000);
  assertEquals(old.sent, ["/run/notify WATCHDOG=1", "/run/notify MAINPID=7"]);
});

Deno.test("a service manager that is gone is worth one warning", async () => {
  const { system, eventLog, state } = notifying();
  state.fails = true;
  await settled();
  eventLog.emit({ kind: "complete", text: "ready" });
  await system.clock.advance(5_000);
  const warnings = system.written.stderr.split("\n").filter((line) => line.includes("cannot notify"));
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0]!, /NOTIFY_SOCKET=\/run\/notify .*No such file/);
});

Deno.test("what a service manager set is taken once, and no other process inherits it", () => {
  const system = new FakeSystem();
  const set = (values: Record<string, string>) =>
    Object.entries(values).forEach(([name, value]) => system.host.setEnv(name, value));
  set({ NOTIFY_SOCKET: "@/org/notify", WATCHDOG_USEC: "4000000", WATCHDOG_PID: String(system.host.pid) });
  assertEquals(takeServiceManager(system, false), { socket: "@/org/notify", watchdog: 2_000 });
  assertEquals(takeServiceManager(system, false), null);
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) {
    assertEquals(system.host.env(name), undefined);
  }
  for (const socket of ["", "@", "run/notify", "vsock:2:1234"]) {
    set({ NOTIFY_SOCKET: socket });
    assertEquals(takeServiceManager(system, false), null, socket);
  }
});

Deno.test("a service manager waits for all that a stop may take, with the hook at its end", async () => {
  const { eventLog, limits, state } = notifying();
  await settled();
  eventLog.emit({ kind: "stopping", text: "stopping" });
  state.exitHookTimeout = 10_000;
  eventLog.emit({ kind: "stopping", text: "stopping" });
  assertEquals(limits[1]! - limits[0]!, 10_000);
});
