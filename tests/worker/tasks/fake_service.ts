/** A TaskService with a fake clock and a fake store, and what it logs and sends. */

import { readTasks } from "../../../src/app/load/app_tasks.ts";
import type { FromWorker } from "../../../src/protocol/messages.ts";
import type { TaskReport } from "../../../src/protocol/task_messages.ts";
import { TaskService } from "../../../src/worker/tasks/task_service.ts";
import { WorkerLog } from "../../../src/worker/worker_log.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { FakeTaskStore } from "../../fakes/fake_task_store.ts";
import { privateSlot } from "../../fakes/slots.ts";

interface Options {
  readonly tasks: Readonly<Record<string, unknown>>;
  readonly cron?: Readonly<Record<string, unknown>>;
  readonly concurrency?: number;
  readonly sizeLimit?: number;
  readonly role?: "requests" | "tasks";
}

export async function fakeService(
  { tasks, cron = {}, concurrency = 2, sizeLimit = 1_000, role = "tasks" }: Options,
) {
  const system = new FakeSystem();
  const store = new FakeTaskStore();
  const slot = privateSlot();
  const sent: FromWorker[] = [];
  const config = {
    logLevel: "debug",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
    bundle: "/run/app.mjs",
  } as const;
  let opened = 0;
  const log = new WorkerLog(system, config, { taskWorker: 0, gen: 1, pid: 41 }, true);
  const service = new TaskService({
    system,
    config: { role, logLevel: "debug" },
    tasks: {
      runs: true,
      areTaken: true,
      store: { kind: "memory" },
      memory: "/run/tasks.db",
      owner: "host/41",
      ...{ concurrency, sizeLimit },
      lease: 30_000,
      retention: 0,
    },
    jobOf: (name) => name === "nightly" ? () => "the job ran" : undefined,
    app: await readTasks({ tasks, cron }, "main.ts"),
    log,
    writer: slot.writer,
    send: (message) => void sent.push(message),
    openStore: () => {
      opened++;
      return Promise.resolve(store);
    },
  });
  return {
    ...{ system, clock: system.clock, store, slot, sent, service },
    get opened() {
      return opened;
    },
    get reports(): TaskReport[] {
      return sent.flatMap((message) => message.type === "task-report" ? [message.report] : []);
    },
    /** Without time and identity. */
    async lines(): Promise<string[]> {
      await log.load();
      await settled();
      await log.written;
      return system.written.stderr.split("\n").filter((line) => line !== "")
        .map((line) => line.replace(/^\S+Z (\w+) +task-worker=0 gen=1 pid=41 +/, "$1 "));
    },
    enqueue: (name: unknown, payload?: unknown, options?: unknown) =>
      service.enqueue({ name, payload, options }),
  };
}
