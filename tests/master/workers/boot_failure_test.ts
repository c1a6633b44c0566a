import { bootFailure, spawnFailure } from "../../../src/master/workers/boot_failure.ts";
import type { HookName } from "../../../src/core/hook_table.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import type { WorkerConfig } from "../../../src/protocol/messages.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const killed = { code: 137, signal: "SIGKILL" } as const;

Deno.test("a worker that died while it waited for its turn to listen is not reported as importing", () => {
  const worker = new FakeWorkers().booting(0);
  worker.send({ type: "load", config: {} as WorkerConfig });
  worker.apply({ type: "loaded" }, 0);
  const { code, message } = bootFailure(worker, worker.state, killed);
  assertEquals(code, "boot-death");
  assertMatch(message, /its process ended by SIGKILL after it had loaded the app/);
});

Deno.test("a worker that did not listen in its turn is not reported as importing", () => {
  const worker = new FakeWorkers().booting(0);
  worker.send({ type: "load", config: {} as WorkerConfig });
  worker.apply({ type: "loaded" }, 0);
  worker.apply({ type: "kill", because: "listen-timeout" }, 10_000);
  const { code, message } = bootFailure(worker, worker.state, killed);
  assertEquals(code, "boot-timeout");
  assertMatch(
    message,
    /it had loaded its app, but did not listen in time \(at most 10 s\) when it was its turn/,
  );
});

Deno.test("a worker that imports for too long is", () => {
  const worker = new FakeWorkers().booting(0);
  worker.send({ type: "load", config: {} as WorkerConfig });
  worker.apply({ type: "tick" }, 1e9);
  assertMatch(bootFailure(worker, worker.state, killed).message, /was still importing app\.ts/);
});

Deno.test("a worker that died while it booted may have died of its hooks, if it has some", () => {
  const hooksOf = (name: HookName) => ({
    names: [name],
    source: "/srv/denicorn.config.ts",
    bundle: "/run/h.mjs",
  });
  for (
    const [hooks, place] of [
      [hooksOf("postWorkerInit"), "the hooks of /srv/denicorn.config.ts or app.ts"],
      [hooksOf("childExit"), "app.ts"],
    ] as const
  ) {
    const worker = new FakeWorkers().booting(0, hooks);
    worker.send({ type: "load", config: {} as WorkerConfig });
    const { message } = bootFailure(worker, worker.state, { code: 7, signal: null });
    assertEquals(
      message,
      `cannot boot a worker: its process ended with exit code 7 while importing ${place}: does it call Deno.exit(), or ` +
        "run out of memory? See its output above",
    );
  }
});

Deno.test("what to do about a worker that cannot be started depends on the reason", () => {
  const system = new FakeSystem();
  system.texts.set(system.host.cwd(), "");
  for (
    const [reason, advice] of [
      [
        "Too many open files (os error 24)",
        /\): the master has used up its file descriptors: raise LimitNOFILE=/,
      ],
      ["Argument list too long (os error 7)", /\): make the values of --env and the environment smaller$/],
      ["Permission denied (os error 13)", /\): check that it exists, that the workers' user may run it/],
    ] as const
  ) {
    assertMatch(spawnFailure(new Error(`Failed to spawn: ${reason}`), system).message, advice);
  }
});

Deno.test("a worker whose app is still being bundled or prepared is not late", () => {
  const workers = new FakeWorkers();
  const worker = workers.booting(0);
  worker.generation.bundle = null;
  worker.apply({ type: "tick" }, 1e9);
  assertEquals([worker.state.is, worker.bootingFor(1e9 + 5)], ["booting", 5]);
});
