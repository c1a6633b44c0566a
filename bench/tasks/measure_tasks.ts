/** Runs tasks with one subject, and returns what was measured. */

import { RedisServer } from "../../tests/tasks/bullmq/redis_server.ts";
import type { Running, Subject } from "./subjects.ts";

/** Rates are tasks per second, times are milliseconds. */
export interface Measured {
  /** Adding many at a time, and one after the other. */
  readonly added: number;
  readonly addedAlone: number;
  /** Tasks that do nothing, and tasks that wait for 10 ms, that are there when the workers begin. */
  readonly empty: number;
  readonly waiting: number;
  /** From the addition of a task to its start: one at a time, and beside many that wait for 10 ms. */
  readonly idle: readonly number[];
  readonly loaded: readonly number[];
}

export interface Amounts {
  readonly tasks: number;
  readonly single: number;
}

const workers = 2;
const together = 1_000;
/** Milliseconds after which a subject has failed whose tasks have not ended. */
const endTime = 120_000;

interface Line {
  readonly count: number;
  /** `null` if none has begun. */
  readonly first: number | null;
  readonly last: number;
  readonly waits: readonly number[];
}

export async function measure(subject: Subject, concurrency: number, amounts: Amounts): Promise<Measured> {
  // As it is by default.
  await using redis = await RedisServer.start(["--appendfsync", "everysec"]);
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-bench-" });
  const tally = `${folder}/tally`;
  const running = await subject.start({ folder, redis, workers, concurrency, tally });
  try {
    return await new Measurement(running, tally).all(amounts, concurrency);
  } finally {
    await running.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}

class Measurement {
  readonly #running: Running;
  readonly #tally: string;
  #read = 0;

  constructor(running: Running, tally: string) {
    this.#running = running;
    this.#tally = tally;
  }

  async all({ tasks, single }: Amounts, concurrency: number): Promise<Measured> {
    // All is loaded then, and compiled.
    await this.#add({ count: 2_000, wait: 0 });
    await this.#ended(2_000);
    const idle = await this.#idle(single);
    const { added, ran: empty } = await this.#burst(tasks, 0);
    const { ran: waiting } = await this.#burst(Math.min(tasks, 4 * workers * concurrency * 50), 10);
    const alone = await this.#add({ count: single, wait: 0, together: 1 });
    await this.#ended(single);
    return {
      added,
      addedAlone: 1_000 * single / alone,
      empty,
      waiting,
      idle,
      loaded: await this.#loaded(single),
    };
  }

  /** Tasks that are all there when they begin to run. */
  async #burst(count: number, wait: number): Promise<{ added: number; ran: number }> {
    await this.#running.queue.pause();
    const took = await this.#add({ count: count - 1, wait });
    await this.#running.queue.resume();
    // Workers hear of it.
    await this.#add({ count: 1, wait });
    const { first, last } = await this.#ended(count);
    return { added: 1_000 * (count - 1) / took, ran: 1_000 * count / (last - first) };
  }

  async #idle(count: number): Promise<readonly number[]> {
    for (let task = 0; task < count; task++) {
      await this.#add({ count: 1, wait: 0, isTimed: true });
      await pause(20);
    }
    return (await this.#ended(count)).waits;
  }

  /** 500 tasks a second that wait for 10 ms. */
  async #loaded(count: number): Promise<readonly number[]> {
    const adding: Promise<unknown>[] = [];
    const [size, rate] = [10, 500];
    const began = performance.now();
    for (let task = 0; task < 5 * count; task += size) {
      adding.push(this.#add({ count: size, wait: 10, isTimed: true }));
      await pause(began + 1_000 * (task + size) / rate - performance.now());
    }
    await Promise.all(adding);
    return (await this.#ended(adding.length * size)).waits;
  }

  /** Returns the milliseconds that it took. */
  async #add(
    options: { count: number; wait: number; together?: number; isTimed?: boolean },
  ): Promise<number> {
    const body = JSON.stringify({ together, isTimed: false, ...options });
    // A server may end a connection that was idle just when it is used again.
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const response = await fetch(`http://127.0.0.1:${this.#running.port}/`, { method: "POST", body, client });
    return await response.json();
  }

  /** Waits until so many tasks have ended since the last call. */
  async #ended(count: number) {
    const lines: Line[] = [];
    const limit = performance.now() + endTime;
    for (let ended = 0; ended < count; await pause(20)) {
      const text = this.#text();
      const complete = text.slice(this.#read, text.lastIndexOf("\n") + 1);
      this.#read += complete.length;
      for (const line of complete.split("\n").filter((line) => line !== "")) lines.push(JSON.parse(line));
      ended = lines.reduce((sum, { count }) => sum + count, 0);
      if (performance.now() > limit) {
        throw new Error(`only ${ended} of ${count} tasks have ended after ${endTime / 1_000} s`);
      }
    }
    return {
      count,
      first: Math.min(...lines.map(({ first }) => first ?? Infinity)),
      last: Math.max(...lines.map(({ last }) => last)),
      waits: lines.flatMap(({ waits }) => waits),
    };
  }

  #text(): string {
    try {
      return Deno.readTextFileSync(this.#tally);
    } catch {
      return "";
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
