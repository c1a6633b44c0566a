import { duration } from "../kinds/duration.ts";
import { taskWorkerBounds, wholeNumber } from "../kinds/number.ts";
import { size } from "../kinds/size.ts";
import { withoutCredentials } from "../kinds/redis_password.ts";
import { taskPlace } from "../kinds/task_place.ts";
import { file } from "../kinds/text.ts";
import { one, onOrOff, optional } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const kilobyte = 1_024;

export const taskSettings = {
  tasks: optional(file, {
    description: "Module that exports the tasks, and is bundled with the app.",
    unset: "the module of the app, if it exports tasks",
    reload: true,
  }),
  taskStore: one(taskPlace, {
    description:
      "Where tasks wait: a file of SQLite, relative to where the app runs; memory:, which is lost when the server stops; or " +
      "Redis, through BullMQ, which servers on several machines can share.",
    default: { kind: "sqlite", path: "./tasks.db" },
    reload: false,
    shownIfRefused: withoutCredentials,
  }),
  taskWorkers: optional(wholeNumber(taskWorkerBounds), {
    description: "Number of worker processes that run tasks and listen nowhere.",
    unset: "1 if the app has tasks, else 0",
    reload: true,
  }),
  minTaskWorkers: optional(wholeNumber(taskWorkerBounds), {
    description:
      "Minimum number of task workers. Setting this or max-task-workers turns their autoscaling on.",
    unset: "1 with autoscaling",
    reload: true,
  }),
  maxTaskWorkers: optional(wholeNumber(taskWorkerBounds), {
    description:
      "Maximum number of task workers. Setting this or min-task-workers turns their autoscaling on.",
    unset: "one for each core, at least min-task-workers, with autoscaling",
    reload: true,
  }),
  taskConcurrency: one(wholeNumber({ from: 1, to: 10_000 }), {
    description: "How many tasks a task worker runs at a time.",
    default: 10,
    reload: true,
  }),
  taskBacklog: one(wholeNumber({ from: 1, to: 1_000_000 }), {
    description: "Add a task worker at once when more tasks than this wait.",
    default: 10,
    reload: true,
  }),
  tasksInWorkers: onOrOff({
    description: "Run tasks in the workers that serve requests, too.",
    unset: "off",
    reload: true,
  }),
  taskLease: one(duration({ from: second, to: 24 * hour }), {
    description:
      "How long a task counts as running without a sign of its worker, such as after a power failure; then another worker " +
      "takes it. The tasks of a worker that has died on this machine are taken over at once.",
    default: 30 * second,
    reload: true,
  }),
  taskRetention: one(duration({ from: second, to: 8_760 * hour, zero: "to keep none" }), {
    description: "How long tasks that are done are kept, with their results, and their keys are known.",
    default: hour,
    reload: true,
  }),
  taskSizeLimit: one(size({ from: kilobyte, to: 64 * kilobyte ** 2 }), {
    description: "Largest payload and result of a task, as JSON.",
    default: 256 * kilobyte,
    reload: true,
  }),
};
