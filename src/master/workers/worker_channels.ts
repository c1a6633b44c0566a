/**
 * Accepts the channels of workers. Every process of the workers' user can connect, so a connection counts for nothing
 * until it has sent the token of a worker that is expected: it has little time and little space for that, and there are
 * only so many of them.
 */

import { FrameDecoder } from "../../protocol/framing.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import { readWorkerMessage } from "../../protocol/worker_message.ts";
import { sleep } from "../../system/clock.ts";
import type { Clock, Connection, UnixListener } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** The connection of another master, during an upgrade. */
interface MasterConnection {
  receive(message: FromWorker | null): void;
  close(): void;
}

interface ChannelEvents {
  /** How many workers have been started and have not identified themselves, and masters. */
  readonly expected: number;
  /** The worker that was started with this token; `null` if there is none, or the token was used before. */
  identify(token: string): WorkerHandle | null;
  /** Takes in the master that was given this token; `null` if there is none. What it sends goes to `receive`. */
  link(token: string, connection: Connection): MasterConnection | null;
  /** `version` is that of the program the worker runs. */
  connected(worker: WorkerHandle, connection: Connection, version: string): void;
  message(worker: WorkerHandle, message: FromWorker): void;
  /** Messages for other workers are not counted. They come as fast as the master reads: it does not for so long (ms). */
  pauseFor(worker: WorkerHandle): number;
  /** The worker sent what is not a message: `reason` says what. Its channel closes when this returns. */
  malformed(worker: WorkerHandle, reason: string): void;
  disconnected(worker: WorkerHandle): void;
}

/** After `accept` failed, for example with too many open files, the next attempt waits this long (ms). */
const retryPause = 100;

/** A worker sends its token as soon as it is connected (ms). The machine may be slow. */
const tokenTimeout = 10_000;

/** A worker sends some messages when it starts, and later at most six a second. */
const mostAtOnce = 100;
const mostPerSecond = 20;
/** Besides, it says at most 200 times a second that it has added tasks, and reports 40 times. */
const mostOfTasksPerSecond = 300;

/** So many more connections than expected workers may be open without a token. */
const spareStrangers = 32;

/** Connections that have not sent a token, the oldest first. */
class Strangers {
  readonly #waiting = new Map<Connection, () => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Closes the oldest ones if there are more than `limit`: a worker sends its token at once. */
  add(connection: Connection, limit: number): void {
    // In two parts: if this process was stopped during the first, it reads during the second what arrived meanwhile.
    this.#wait(connection, () => this.#wait(connection, () => this.#close(connection)));
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= limit) return;
      this.#close(oldest);
    }
  }

  #wait(connection: Connection, then: () => void): void {
    this.#waiting.set(connection, this.#clock.after(tokenTimeout / 2, then));
  }

  /** It has sent a token, or is closed. */
  remove(connection: Connection): void {
    this.#waiting.get(connection)?.();
    this.#waiting.delete(connection);
  }

  #close(connection: Connection): void {
    this.remove(connection);
    connection.close();
  }
}

/** Accepts the channels of workers until the listener is closed. */
export async function acceptChannels(
  listener: UnixListener,
  events: ChannelEvents,
  clock: Clock,
): Promise<void> {
  const strangers = new Strangers(clock);
  for (;;) {
    try {
      for await (const connection of listener.accept()) {
        if (events.expected === 0) {
          connection.close();
          continue;
        }
        strangers.add(connection, events.expected + spareStrangers);
        void read(connection, events, strangers, clock);
      }
      return;
    } catch {
      await sleep(clock, retryPause);
    }
  }
}

async function read(
  connection: Connection,
  events: ChannelEvents,
  strangers: Strangers,
  clock: Clock,
): Promise<void> {
  const decoder = new FrameDecoder(false);
  const start = clock.monotonic();
  let worker: WorkerHandle | null = null;
  let link: MasterConnection | null = null;
  const counts = { usual: 0, ofTasks: 0 };
  try {
    for await (const bytes of connection.receive()) {
      // Inside the loop: an error that leaves it closes the connection first.
      try {
        for (const value of decoder.push(bytes)) {
          const message = readWorkerMessage(value);
          if (link !== null) {
            link.receive(message);
          } else if (worker === null) {
            if (message?.type !== "hello") return;
            link = events.link(message.token, connection);
            if (link !== null) {
              strangers.remove(connection);
              continue;
            }
            worker = events.identify(message.token);
            if (worker === null) return;
            strangers.remove(connection);
            events.connected(worker, connection, message.version);
          } else if (message === null) {
            return events.malformed(worker, "it is not one of the known messages");
          } else if (isTooMuch(counts, message, clock.monotonic() - start)) {
            return events.malformed(
              worker,
              `${counts.usual + counts.ofTasks} messages in ${Math.ceil(clock.monotonic() - start)} ms`,
            );
          } else {
            events.message(worker, message);
          }
        }
      } catch (error) {
        // An unknown program that does not speak our protocol is not worth a line.
        if (worker !== null) events.malformed(worker, error instanceof Error ? error.message : String(error));
        return;
      }
      const pause = worker === null ? 0 : events.pauseFor(worker);
      if (pause > 0) await sleep(clock, pause);
    }
  } finally {
    strangers.remove(connection);
    connection.close();
    link?.close();
    if (worker !== null) {
      worker.disconnect(clock.monotonic());
      events.disconnected(worker);
    }
  }
}

/** Counts `message`. `ms`: for how long the worker has been connected. */
function isTooMuch(
  counts: { usual: number; ofTasks: number },
  { type }: FromWorker,
  ms: number,
): boolean {
  switch (type) {
    case "task-answer":
    case "description":
      // There is one for each question, and it is out of turn without one.
      return false;
    case "channel-open":
    case "channel-close":
    case "channel-post":
      // They are paced by `pauseFor`.
      return false;
    case "tasks-added":
    case "task-report":
      return ++counts.ofTasks > mostAtOnce + mostOfTasksPerSecond * ms / 1000;
    default:
      return ++counts.usual > mostAtOnce + mostPerSecond * ms / 1000;
  }
}
