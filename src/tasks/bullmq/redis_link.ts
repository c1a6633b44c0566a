/**
 * A connection to Redis whose state is known: who asks something says for how long it waits for a server that is away, and
 * then gets the reason. It opens when first used.
 */

// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import type { Clock } from "../../system/system.ts";
import type { RedisAddress } from "../../core/tasks/redis_address.ts";
import { isAway, RedisAway } from "../../redis/connection_problem.ts";
import { askingClient } from "./redis_client.ts";
import { objectionTo, type ServerReport, serverReport } from "./server_report.ts";

/** Milliseconds in which a server that is there answers, also for those who do not wait for one that is away. */
const answerTime = 2_000;

export class RedisLink {
  readonly client: Redis;
  readonly #clock: Clock;
  /** `null` until the first attempt to connect has ended. */
  #problem: unknown = null;
  #report: ServerReport | null = null;
  #isOpen = false;
  #isClosed = false;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, address: RedisAddress) {
    this.#clock = clock;
    this.client = askingClient(clock, address);
    this.client.on("error", (error: unknown) => void (this.#problem = error));
    this.client.on("close", () => {
      this.#report = null;
      this.#changed(this.#problem ?? new RedisAway("the connection was closed"));
    });
    this.client.on("ready", () => void this.#check());
  }

  /** What the server says of itself. Rejects if it is away for longer than `timeout`, or is none that can be used. */
  async ready(timeout: number): Promise<ServerReport> {
    const deadline = this.#clock.monotonic() + timeout;
    this.#open();
    while (this.#report === null) {
      const left = deadline - this.#clock.monotonic();
      if (this.#problem !== null && (left <= 0 || !isAway(this.#problem))) throw this.#problem;
      if (!await this.#change(this.#problem === null ? Math.max(left, answerTime) : left)) {
        throw this.#problem ?? new RedisAway("no connection in time");
      }
    }
    return this.#report;
  }

  /**
   * The result of `operation`, which is begun again after a connection that ended: it must do no harm to do it twice.
   * Rejects with the error of Redis, or with `RedisAway`.
   */
  async ask<T>(timeout: number, operation: () => Promise<T>): Promise<T> {
    const deadline = this.#clock.monotonic() + timeout;
    while (true) {
      const left = deadline - this.#clock.monotonic();
      await this.ready(left);
      try {
        return await this.#inTime(Math.max(left, answerTime), operation());
      } catch (error) {
        if (!isAway(error) || this.#isClosed || this.#clock.monotonic() >= deadline) throw error;
        // The connection may count as ready for a moment longer: the next attempt is for the next state.
        await this.#change(Math.min(100, deadline - this.#clock.monotonic()));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#changed(new RedisAway("the connection was closed"));
    this.client.disconnect();
  }

  #open(): void {
    if (this.#isClosed) throw new RedisAway("the connection was closed");
    // What it objects to may have changed: a replica can become a master.
    if (this.client.status === "ready" && this.#report === null && this.#problem !== null) {
      this.#problem = null;
      void this.#check();
    }
    if (this.#isOpen) return;
    this.#isOpen = true;
    // What it rejects with comes as an event, too.
    this.client.connect().catch(() => {});
  }

  async #check(): Promise<void> {
    try {
      const report = serverReport(await this.client.info("all"));
      const objection = objectionTo(report);
      if (objection !== null) return this.#changed(new Error(objection));
      this.#report = report;
      this.#changed(null);
    } catch (error) {
      this.#changed(error);
    }
  }

  #changed(problem: unknown): void {
    this.#problem = problem;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** True when the state has changed, false after `ms`. */
  #change(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(Math.max(ms, 0), () => resolve(false));
      this.#waiting.push(() => {
        cancel();
        resolve(true);
      });
    });
  }

  /** A server that keeps a connection open and says nothing gets a new connection. */
  #inTime<T>(ms: number, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => {
        reject(new RedisAway(`no answer within ${ms / 1000} s`));
        if (!this.#isClosed) this.client.disconnect(true);
      });
      answer.finally(cancel).then(resolve, reject);
    });
  }
}
