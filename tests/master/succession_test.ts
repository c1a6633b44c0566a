import { createControlApp } from "../../src/control/control_app.ts";
import type { Commands } from "../../src/control/commands.ts";
import { openLog } from "../../src/log/logger.ts";
import { Steering } from "../../src/master/steering.ts";
import { Succession } from "../../src/master/succession.ts";
import type { System } from "../../src/system/system.ts";
import { assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { fakeCommands } from "../fakes/fake_commands.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

/** A new master beside an old one, process 7, which listens on 127.0.0.1:8000. */
function scene(commands: Partial<Commands> = {}) {
  const outside = new FakeSystem();
  const told: string[] = [];
  const old = createControlApp({
    ...fakeCommands(),
    handOver: () => ({ pid: 7, addresses: ["127.0.0.1:8000"], listeners: 0, target: 3 }),
    retire: () => void told.push("retire"),
    ...commands,
  });
  const system: System = Object.assign(outside, {
    network: {
      ...outside.network,
      fetchUnix: (_path: string, url: string, init?: RequestInit) => Promise.resolve(old.request(url, init)),
    },
  });
  const options = { level: "info", format: "text", errorLogfile: "-", accessLogfile: null } as const;
  const { logger } = openLog(system, options, { pid: 1 });
  const steering = new Steering(system, logger, null, null);
  const succession = new Succession(system, logger, "/run/old.sock", steering, (predecessor) => {
    told.push(`claim from ${predecessor}`);
    return Promise.resolve();
  });
  return { outside, succession, told };
}

const here = [{ hostname: "127.0.0.1", port: 8000 }];

Deno.test("it tells the old master to go, claims what was its own, and is over when that is gone", async () => {
  const { outside, succession, told } = scene();
  outside.alive.add(7);
  await succession.prepare(here);
  assertEquals(told, []);
  succession.takeOver(() => {});
  succession.takeOver(() => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(told, ["retire", "claim from 7"]);
  succession.tick();
  assertEquals(succession.isUnderWay, true);
  outside.alive.delete(7);
  succession.tick();
  assertEquals(succession.isUnderWay, false);
  assertEquals(succession.target, 3);
});

Deno.test("other addresses are refused: connections to the old ones would be lost", async () => {
  const { succession } = scene();
  const error = await assertRejects(() => succession.prepare([{ hostname: "127.0.0.1", port: 9000 }]));
  assertMatch(String(error), /bind is 127\.0\.0\.1:9000 and was 127\.0\.0\.1:8000/);
});

Deno.test("an old master that expects nobody refuses, and its reason is told", async () => {
  const { succession } = scene({
    handOver: () => {
      throw new Error("no upgrade is under way: send USR2 to begin one");
    },
  });
  const error = await assertRejects(() => succession.prepare(here));
  assertMatch(String(error), /cannot ask the server for handover: .*409.*no upgrade is under way/);
});

Deno.test("an old master that fails to go is only worth a warning", async () => {
  const { outside, succession, told } = scene({
    retire: () => {
      throw new Error("not now");
    },
  });
  await succession.prepare(here);
  succession.takeOver(() => {});
  await settled();
  await new Promise((resolve) => setTimeout(resolve));
  assertMatch(outside.written.stderr, /warning .*retire.*not now/);
  assertEquals(told, ["claim from 7"]);
});
