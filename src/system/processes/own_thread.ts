/** This thread, if it is one that `startThread` has started. */

import type { System } from "../system.ts";
import { narrowToThread } from "../network/own_descriptors.ts";
import type { ThreadReport, ThreadStart } from "./started_threads.ts";

/** What only a thread has. */
interface ThreadScope {
  postMessage(message: ThreadReport): void;
  onmessage: ((event: MessageEvent<ThreadStart>) => void) | null;
}

/** False in the main thread of a process. */
export function isThread(): boolean {
  return typeof Reflect.get(globalThis, "WorkerGlobalScope") === "function";
}

/**
 * Resolves with what this thread is to do. From now on `Deno.exit` ends this thread alone, and tells its code. Call it
 * once.
 */
export function threadStart(): Promise<ThreadStart> {
  const scope = globalThis as unknown as ThreadScope;
  const post = scope.postMessage.bind(scope);
  const { exit } = Deno;
  const exitThread = (code?: number): never => {
    post({ type: "ends", code: code ?? Deno.exitCode });
    return exit(code);
  };
  Object.defineProperty(Deno, "exit", { value: exitThread, configurable: true, writable: true });
  return new Promise((resolve) => {
    scope.onmessage = ({ data }) => {
      scope.onmessage = null;
      resolve(data);
    };
    post({ type: "started", id: ownId() });
  });
}

/** What differs in a thread. Throws if the system does not tell what is this thread's. */
export function systemOfThread(system: System, { deadline, kept }: ThreadStart): System {
  narrowToThread();
  const { sockets } = system;
  return {
    ...system,
    sockets: {
      ...sockets,
      keep(listener) {
        const copy = sockets.keep(listener);
        const free = kept.indexOf(0);
        if (free >= 0) kept[free] = copy + 1;
        return copy;
      },
      close(descriptor) {
        // First: another thread may get the number at once.
        const place = kept.indexOf(descriptor + 1);
        if (place >= 0) kept[place] = 0;
        sockets.close(descriptor);
      },
    },
    processes: {
      ...system.processes,
      // A timer of the kernel belongs to the whole process, so the main thread looks at the time.
      endUnlessCalledWithin(ms) {
        deadline[0] = ms === 0 ? 0 : system.clock.monotonic() + ms;
      },
    },
    memory: {
      ...system.memory,
      // Other threads need the descriptor, too.
      adopt(descriptor) {
        system.descriptors.keep(descriptor);
        return system.memory.adopt(sockets.keep(descriptor));
      },
    },
  };
}

function ownId(): string | null {
  try {
    return Deno.readLinkSync("/proc/thread-self").split("/").at(-1) ?? null;
  } catch {
    return null;
  }
}
