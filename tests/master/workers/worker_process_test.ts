import type { Settings } from "../../../src/settings/settings.ts";
import type { System } from "../../../src/system/system.ts";
import { startWorkerProcess } from "../../../src/master/workers/worker_process.ts";
import { assertEquals } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** What a process has as DEBUG that is started by a master that has it. */
function debugOf(store: "redis" | "memory", hasThreads: boolean): string | undefined {
  const fake = new FakeSystem();
  let found: string | undefined;
  const system = {
    ...fake,
    host: { ...fake.host, environment: () => ({ DEBUG: "*" }) },
    processes: {
      ...fake.processes,
      spawn(options: Parameters<System["processes"]["spawn"]>[0]) {
        found = options.env?.DEBUG;
        return fake.processes.spawn(options);
      },
    },
  } as unknown as System;
  const settings = { env: new Map(), timeout: 0, app: "main.ts", taskStore: { kind: store } };
  startWorkerProcess(system, {
    ...{
      command: ["denicorn"],
      number: 0,
      role: "requests",
      generation: { number: 1, settings: settings as unknown as Settings },
    },
    ...{
      token: "t",
      channelPath: "/c",
      directory: "/",
      credentials: { title: "", variables: {} },
      inherited: [],
      hasThreads,
    },
  });
  return found;
}

Deno.test("threads that may connect to Redis have no DEBUG: it is one for their process", () => {
  assertEquals(debugOf("redis", true), undefined);
  assertEquals(debugOf("memory", true), "*");
  assertEquals(debugOf("redis", false), "*");
});
