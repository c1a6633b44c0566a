/**
 * A process whose workers are threads. It serves nothing itself: it starts and ends threads as the master says, and exits
 * when the last one has ended. Each thread is a worker with a channel of its own.
 */

import { ExitCode } from "../../core/errors.ts";
import { nameIn } from "../../core/process_title.ts";
import { handledSignals, signalMeanings } from "../../core/signals.ts";
import { version } from "../../core/version.ts";
import { encodeFrame, FrameDecoder } from "../../protocol/framing.ts";
import { appProcessVariable, type FromWorker, workerEnvironment } from "../../protocol/messages.ts";
import type { ToThreadHost } from "../../protocol/thread_messages.ts";
import { startThread } from "../../system/processes/started_threads.ts";
import type { System } from "../../system/system.ts";

/** Milliseconds between two looks at the threads. */
const lookPause = 250;
/** A look that comes so much later says that this process was stopped, not that its threads are blocked (ms). */
const longestPause = 1_000;
/** How much longer a thread may be blocked while there is a master, which replaces the other threads first (ms). */
const masterMargin = 2_000;

/** What signals mean for workers that end them. */
const leaving: ReadonlySet<string> = new Set(["drain", "quit"]);

type Threads = Map<number, ReturnType<typeof startThread>>;

/** `program`: the module that threads run. Returns an exit code only if this process cannot become such a one. */
export async function runThreadHost(system: System, program: URL): Promise<ExitCode> {
  const { host, network, clock, processes } = system;
  const channelPath = host.env(workerEnvironment.channel);
  const token = host.env(workerEnvironment.token);
  if (channelPath === undefined || token === undefined) {
    host.write(
      "stderr",
      "denicorn: --thread-host: is only for a master that starts its workers: see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  const [, title] = host.args;
  const name = nameIn(title);
  if (name !== null) processes.showAs(title!, name);
  for (const name of Object.values(workerEnvironment)) host.setEnv(name, undefined);
  if (host.standalone) host.setEnv(appProcessVariable, "1");
  let connection: Awaited<ReturnType<typeof network.connectUnix>>;
  try {
    connection = await network.connectUnix(channelPath);
  } catch {
    // The master is gone, and what it has left is for those to remove that it has started before.
    return ExitCode.internal;
  }
  const send = (message: FromWorker) => void connection.send(encodeFrame(message));
  const threads: Threads = new Map();
  /** The places of threads that the master has ended, if the runtime could. */
  const ending = new Set<number>();
  let isOrphan = false;
  const handle = (message: ToThreadHost) => {
    switch (message.type) {
      case "start-thread": {
        const { place, token } = message;
        const thread = startThread(clock, program, { channelPath, token, place }, {
          onStart: (id) => send({ type: "thread-started", place, id }),
          onEnd(code) {
            threads.delete(place);
            ending.delete(place);
            if (isOrphan && threads.size === 0) processes.exit(ExitCode.normal);
            send({ type: "thread-ended", place, code });
          },
        });
        threads.set(place, thread);
        break;
      }
      case "end-thread":
        ending.add(message.place);
        threads.get(message.place)?.terminate();
        break;
      case "exit":
        processes.exit(ExitCode.normal);
    }
  };
  send({ type: "hello", token, version });
  for (const signal of handledSignals) {
    processes.onSignal(signal, () => {
      // Each thread gets the signal as well, and leaves. Its replacement is to start in another process.
      if (leaving.has(signalMeanings[signal].worker)) send({ type: "draining" });
    });
  }
  watch(
    system,
    (now) =>
      threads.entries().some(([place, thread]) =>
        isOrphan ? thread.isOverdue(now) : !ending.has(place) && thread.isOverdue(now - masterMargin)
      ),
  );
  const decoder = new FrameDecoder();
  try {
    for await (const bytes of connection.receive()) {
      for (const message of decoder.push(bytes)) handle(message as ToThreadHost);
    }
  } catch {
    connection.close();
  }
  isOrphan = true;
  if (threads.size === 0) return ExitCode.normal;
  // The threads have noticed it, too: the last one ends this process.
  return new Promise<never>(() => {});
}

/**
 * Ends this process if a thread is blocked for too long and the master does nothing about it, because it is gone or
 * stopped: the runtime cannot end such a thread.
 */
function watch({ clock, processes, host }: System, isAnyOverdue: (now: number) => boolean): void {
  let last = clock.monotonic();
  clock.every(lookPause, () => {
    const now = clock.monotonic();
    const wasStopped = now - last > longestPause;
    last = now;
    if (!wasStopped && isAnyOverdue(now)) processes.signal(host.pid, "SIGKILL");
  });
}
