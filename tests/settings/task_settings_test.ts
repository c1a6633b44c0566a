import { taskPlace } from "../../src/settings/kinds/task_place.ts";
import { taskRange } from "../../src/settings/task_range.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import type { SettingKey } from "../../src/settings/settings.ts";

const machine = { cores: 2 };
const none = {
  taskWorkers: undefined,
  minTaskWorkers: undefined,
  maxTaskWorkers: undefined,
  tasksInWorkers: undefined,
};

Deno.test("a task store is a file of SQLite, memory, or Redis", () => {
  const read = (text: string) => taskPlace.parse(text, machine);
  assertEquals(read("sqlite:./tasks.db"), { kind: "sqlite", path: "./tasks.db" });
  assertEquals(read("sqlite:/var/lib/app/tasks.db"), { kind: "sqlite", path: "/var/lib/app/tasks.db" });
  assertEquals(read("memory:"), { kind: "memory" });
  assertEquals(read("rediss://h:1/2"), { kind: "redis", url: "rediss://h:1/2" });
  for (
    const text of ["", "sqlite:", "sqlite://host/x", "tasks.db", "redis:", "redis://", "mysql://h", "memory"]
  ) {
    assertEquals(read(text), undefined, text);
  }
});

Deno.test("the password of Redis is not shown", () => {
  const place = taskPlace.parse("redis://user:secret@host:6379/0?queue=mail", machine)!;
  assertEquals(taskPlace.show(place), "redis://user:***@host:6379/0?queue=mail");
  assertEquals(taskPlace.plain(place), taskPlace.show(place));
});

Deno.test("an app with tasks has one task worker, one without has none", () => {
  const fixed = (count: number) => ({ min: count, max: count, isFixed: true });
  assertEquals(taskRange(none, false, 4), fixed(0));
  assertEquals(taskRange({ ...none, taskWorkers: 3 }, false, 4), fixed(0));
  assertEquals(taskRange(none, true, 4), fixed(1));
  assertEquals(taskRange({ ...none, taskWorkers: 3 }, true, 4), fixed(3));
  assertEquals(taskRange({ ...none, taskWorkers: 0 }, true, 4), fixed(0));
  assertEquals(taskRange({ ...none, tasksInWorkers: true }, true, 4), fixed(0));
});

Deno.test("a minimum or maximum turns the autoscaling of task workers on", () => {
  assertEquals(taskRange({ ...none, minTaskWorkers: 2 }, true, 4), { min: 2, max: 4, isFixed: false });
  assertEquals(taskRange({ ...none, minTaskWorkers: 8 }, true, 4), { min: 8, max: 8, isFixed: false });
  assertEquals(taskRange({ ...none, maxTaskWorkers: 3 }, true, 4), { min: 1, max: 3, isFixed: false });
  assertEquals(taskRange({ ...none, maxTaskWorkers: 0 }, true, 4), { min: 0, max: 0, isFixed: false });
});

function messageFor(given: Partial<Record<SettingKey, string>>): string {
  const settings = new Map(Object.entries({ app: "app.ts", ...given }).map(([key, text]) => [key, [text]]));
  const commandLine = { settings: settings as never };
  return (assertThrows(
    () => resolveSettings({ commandLine, environment: {}, cores: 2 }),
    DenicornError,
  ) as Error)
    .message;
}

Deno.test("numbers of task workers that contradict each other are refused", () => {
  assertEquals(
    messageFor({ taskWorkers: "2", maxTaskWorkers: "4" }),
    "task-workers: 2 (command line --task-workers) is not accepted with max-task-workers = 4 (command line --max-task-workers): give a fixed number, or " +
      "min-task-workers and max-task-workers",
  );
  assertEquals(
    messageFor({ minTaskWorkers: "3", maxTaskWorkers: "2" }),
    "min-task-workers: 3 (command line --min-task-workers) is not accepted with max-task-workers = 2 (command line --max-task-workers): give at most 2",
  );
});

Deno.test("a URL of Redis that cannot be used is refused with the reason, and without its password", () => {
  const refused = (text: string) => messageFor({ taskStore: text });
  const known = "?queue=, ?prefix=, ?limit=";
  for (
    const [given, shown, why] of [
      ["redis://h:1?tls=1", "redis://h:1?tls=1", `?tls= is not known: give ${known}`],
      [
        "redis://h?limit=fast",
        "redis://h?limit=fast",
        "?limit=fast is no rate: give one such as ?limit=100/1s",
      ],
      ["redis://h/x", "redis://h/x", "/x is no number of a database: give /0"],
      [
        "redis://h?queue=a:b",
        "redis://h?queue=a:b",
        "?queue=a:b has a colon, which BullMQ forbids: leave it out",
      ],
      [
        "redis://u:50%25@h?queues=mail",
        "redis://***@h?queues=mail",
        `?queues= is not known: give ${known}`,
      ],
      [
        "redis://u:50%@h",
        "redis://***@h",
        "its user or password has a % that begins no code: write it as %25",
      ],
      ["redis://:p/q@h", "redis://***@h", "no server is named: give redis://HOST:PORT"],
      ["mysql://u:p@q@h", "mysql://***@h", `give ${taskPlace.accepts}`],
    ] as const
  ) {
    assertEquals(
      refused(given),
      `task-store: "${shown}" (command line --task-store) is not accepted: ${why}`,
    );
  }
});
