/** Threads of this process that run a program of their own, with an event loop of their own: module Workers of the web. */

import { libc } from "../libc.ts";
import { sleep } from "../clock.ts";
import type { Clock } from "../system.ts";

/** What a thread gets at its start. */
export interface ThreadStart {
  readonly channelPath: string;
  readonly token: string;
  readonly place: number;
  /** Until when its event loop may be blocked, by the monotonic clock (ms); 0 for no limit. Written by the thread. */
  readonly deadline: Float64Array<SharedArrayBuffer>;
  /**
   * Descriptors that the runtime does not know of, each plus one, and zeros: nothing else would close them at the end of
   * the thread. Written by the thread.
   */
  readonly kept: Int32Array<SharedArrayBuffer>;
}

/** A thread keeps its listeners, and at its end connections with bytes on their way. */
const mostKept = 16_384;

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

interface ThreadEvents {
  /** It runs, and `id` is its number in /proc/self/task. Not called where there is none. */
  readonly onStart: (id: number) => void;
  /** The thread, and what it had open, is gone. */
  readonly onEnd: (code: number) => void;
}

/** Runs the module at `url`. */
export function startThread(
  clock: Clock,
  url: URL,
  start: Omit<ThreadStart, "deadline" | "kept">,
  { onStart, onEnd }: ThreadEvents,
): Thread {
  const deadline = new Float64Array(new SharedArrayBuffer(8));
  const kept = new Int32Array(new SharedArrayBuffer(mostKept * Int32Array.BYTES_PER_ELEMENT));
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
    for (const descriptor of kept) if (descriptor > 0) libc().close(descriptor - 1);
    onEnd(code ?? 0);
  };
  const awaitEnd = async () => {
    while (!isGone()) await sleep(clock, endPause);
    end();
  };
  worker.onmessage = ({ data }: MessageEvent<ThreadReport>) => {
    if (id === null && data?.type === "started") {
      id = data.id;
      if (id !== null) onStart(Number(id));
      worker.postMessage({ ...start, deadline, kept });
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
