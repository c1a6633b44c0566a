import { decodePayload } from "../../src/tasks/payload.ts";
import { TaskAbort } from "../../src/tasks/task_abort.ts";
import type {
  Consumer,
  ConsumerOptions,
  CronTask,
  NewTask,
  TakenTask,
  TaskCounts,
  TaskInfo,
  TaskState,
  TaskStore,
} from "../../src/tasks/task_store.ts";
import { TaskFailure, TaskPutOff, TaskStoreError } from "../../src/tasks/task_store.ts";

interface Entry {
  readonly id: string;
  readonly task: NewTask;
  state: TaskState;
  attempt: number;
  progress: number | null;
  error: string | null;
  result: string | null;
}

/** A store in memory: tasks run when a consumer is woken, and failed ones wait again at once. */
export class FakeTaskStore implements TaskStore {
  readonly place = "fake:";
  wakesConsumers = false;
  readonly entries = new Map<string, Entry>();
  /** The lists that `add` was called with. */
  readonly added: (readonly NewTask[])[] = [];
  readonly scheduled: (readonly CronTask[])[] = [];
  readonly aborts = new Map<string, TaskAbort>();
  /** What was given back, by id. */
  readonly givenBack: string[] = [];
  /** Nothing is given back before. */
  giving: Promise<void> = Promise.resolve();
  /** A consumer that stops waits for that: it was about to take a task. */
  taking: Promise<void> = Promise.resolve();
  /** For how long tasks were put off, which wait again at once. */
  readonly putOff: number[] = [];
  /** Owners whose tasks were released. */
  readonly released: string[] = [];
  /** How often `counts` was called. */
  counted = 0;
  isClosed = false;
  isPaused = false;
  /** Why the store does not answer. */
  problem: string | null = null;
  options: ConsumerOptions | null = null;
  readonly #running = new Map<string, TakenTask>();
  #isStopped = false;
  #stopped = Promise.withResolvers<void>();

  add(tasks: readonly NewTask[]): Promise<readonly string[]> {
    if (this.problem !== null) return Promise.reject(new TaskStoreError(this.problem));
    this.added.push(tasks);
    return Promise.resolve(tasks.map((task) => {
      const id = String(this.entries.size + 1);
      this.entries.set(id, {
        ...{ id, task, attempt: 0, progress: null, error: null, result: null },
        state: "waiting",
      });
      return id;
    }));
  }

  consume(options: ConsumerOptions): Consumer {
    this.options = options;
    const running = this.#running;
    this.#take();
    return {
      wake: () => this.#take(),
      release: (owner) => void this.released.push(owner),
      stop: async () => {
        this.#isStopped = true;
        this.#checkStopped();
        await this.taking;
        await this.#stopped.promise;
      },
      giveBack: async () => {
        if (this.problem !== null) throw new TaskStoreError(this.problem);
        const ids = [...running.keys()];
        running.clear();
        this.#checkStopped();
        await this.giving;
        for (const id of ids) {
          this.givenBack.push(id);
          this.#entry(id).state = "waiting";
        }
      },
      get running() {
        return [...running.values()];
      },
    };
  }

  #take(): void {
    for (const entry of this.entries.values()) {
      if (this.#isStopped || this.options === null || this.#running.size >= this.options.concurrency) return;
      if (entry.state === "waiting") void this.#run(entry, this.options);
    }
  }

  async #run(entry: Entry, { run }: ConsumerOptions): Promise<void> {
    const { id, task } = entry;
    entry.state = "running";
    entry.attempt++;
    const abort = new TaskAbort();
    this.aborts.set(id, abort);
    const attempts = task.retries + 1;
    const taken: TakenTask = {
      ...{
        id,
        name: task.name,
        payload: () => decodePayload(task.payload),
        attempt: entry.attempt,
        attempts,
      },
      timeout: task.timeout,
      abort,
      progress: (value) => void (entry.progress = value),
    };
    this.#running.set(id, taken);
    try {
      entry.result = await run(taken);
      entry.state = "done";
    } catch (error) {
      if (!(error instanceof TaskFailure || error instanceof TaskPutOff)) throw error;
      entry.error = error.message;
      if (error instanceof TaskPutOff) {
        this.putOff.push(error.pause);
        entry.attempt--;
        entry.state = "waiting";
      } else entry.state = error.isFinal || entry.attempt >= attempts ? "dead" : "waiting";
    }
    this.#running.delete(id);
    this.#checkStopped();
    this.#take();
  }

  #checkStopped(): void {
    if (this.#isStopped && this.#running.size === 0) this.#stopped.resolve();
  }

  #entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new Error(`no task ${id}`);
    return entry;
  }

  counts(): Promise<TaskCounts> {
    this.counted++;
    if (this.problem !== null) return Promise.reject(new TaskStoreError(this.problem));
    const count = (state: TaskState) =>
      [...this.entries.values()].filter((entry) => entry.state === state).length;
    return Promise.resolve({
      waiting: count("waiting"),
      delayed: count("delayed"),
      running: count("running"),
      done: count("done"),
      dead: count("dead"),
      oldest: 0,
      isPaused: this.isPaused,
    });
  }

  list(state: TaskState, limit: number): Promise<readonly TaskInfo[]> {
    const found = [...this.entries.values()].filter((entry) => entry.state === state).slice(0, limit);
    return Promise.resolve(found.map(infoOf));
  }

  show(id: string): Promise<TaskInfo | null> {
    const entry = this.entries.get(id);
    return Promise.resolve(entry === undefined ? null : infoOf(entry));
  }

  retry(id: string | null): Promise<number> {
    return Promise.resolve(id === null ? 7 : 1);
  }

  cancel(id: string): Promise<boolean> {
    return Promise.resolve(this.entries.has(id));
  }

  purge(state: Exclude<TaskState, "running">): Promise<number> {
    return Promise.resolve([...this.entries.values()].filter((entry) => entry.state === state).length);
  }

  pause(): Promise<void> {
    this.isPaused = true;
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.isPaused = false;
    return Promise.resolve();
  }

  schedule(entries: readonly CronTask[]): Promise<void> {
    if (this.problem !== null) return Promise.reject(new TaskStoreError(this.problem));
    this.scheduled.push(entries);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

function infoOf({ id, task, state, attempt, progress, error, result }: Entry): TaskInfo {
  const { name, payload, priority, key, runAt, retries } = task;
  return {
    ...{ id, name, state, payload, attempt, priority, key, runAt, progress, error, result },
    attempts: retries + 1,
    addedAt: 0,
    startedAt: null,
    endedAt: null,
  };
}
