/** Threads of this process that run a program of their own, with an event loop of their own: module Workers of the web. */

import { sleep } from "../clock.ts";
import type { Clock } from "../system.ts";

/** What a thread gets at its start. */
export interface ThreadStart {
  readonly channelPath: string;
  readonly token: string;
  readonly place: number;
  /** Until when its event loop may be blocked, by the monotonic clock (ms); 0 for no limit. Written by the thread. */
  readonly deadline: Float64Array<SharedArrayBuffer>;
}

/** What a thread tells the one that has started it. */
export type ThreadReport =
  /** It waits for its ThreadStart. `id` as in /proc/self/task; `null` where there is none. */
  | { readonly type: "started"; readonly id: string | null }
  | { readonly type: "ends"; readonly code: number };

interface Thread {
  /** Ends it, if it is not in a call that does not return: the runtime cannot interrupt what runs. */
  terminate(): void;
  /** Its event loop has been blocked for longer than it said. */
  isOverdue(now: number): boolean;
}

/** Milliseconds between two looks whether a thread that ends is gone. */
const endPause = 5;
/** The same for one of which nothing is known: it may end without a word, as by `process.exit`. */
const lookPause = 250;

/** Runs the module at `url`. `onEnd` is called with its exit code when the thread, and what it had open, is gone. */
export function startThread(
  clock: Clock,
  url: URL,
  start: Omit<ThreadStart, "deadline">,
  onEnd: (code: number) => void,
): Thread {
  const deadline = new Float64Array(new SharedArrayBuffer(8));
  const worker = new Worker(url, { type: "module" });
  let id: string | null = null;
  let code: number | null = null;
  let isOver = false;
  /** Where there is no /proc, what a thread said last is all that is known. */
  const isGone = () => id === null ? code !== null : !exists(`/proc/self/task/${id}`);
  const end = () => {
    if (isOver) return;
    isOver = true;
    worker.terminate();
    onEnd(code ?? 0);
  };
  const awaitEnd = async () => {
    while (!isGone()) await sleep(clock, endPause);
    end();
  };
  worker.onmessage = ({ data }: MessageEvent<ThreadReport>) => {
    if (id === null && data?.type === "started") {
      id = data.id;
      worker.postMessage({ ...start, deadline });
      void look();
    } else if (data?.type === "ends") {
      code ??= exitCode(data.code);
      void awaitEnd();
    }
  };
  // The runtime has printed it.
  worker.onerror = (event) => {
    event.preventDefault();
    code ??= 1;
    void awaitEnd();
  };
  const look = async () => {
    while (!isOver && !isGone()) await sleep(clock, lookPause);
    end();
  };
  return {
    terminate() {
      worker.terminate();
      code ??= 0;
      void awaitEnd();
    },
    isOverdue: (now) => deadline[0]! > 0 && deadline[0]! < now,
  };
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** What an app gives may be anything. */
function exitCode(given: unknown): number {
  return Number.isInteger(given) ? Number(given) & 255 : 1;
}
