/** Whether the app can serve: it has started a server, or it answers at `ready-path` within the process. */

import { DenicornError } from "../../core/errors.ts";
import { titleOf } from "../../core/thrown.ts";
import { sleep, withTimeout } from "../../system/clock.ts";
import type { Clock, FetchHandler, ProgramServers, RequestInfo } from "../../system/system.ts";
import { clippedStack, faultOf } from "../http/faults.ts";

type Started = Pick<ProgramServers, "servers" | "changed">;

interface ReadinessOptions {
  /** With its leading slash. */
  readonly path: string;
  /** When to give up, on the monotonic clock. */
  readonly deadline: number;
  /** Path of the bundle. */
  readonly bundle: string;
}

/** Milliseconds between an answer that is not 2xx and the next request. */
const pause = 250;

/** What the app did, in a few words. */
interface Answer {
  readonly text: string;
  readonly detail?: string;
}

/** Resolves when the app answers 2xx. Throws DenicornError `not-ready` at the deadline. */
export async function untilReady(
  fetch: FetchHandler,
  clock: Clock,
  { path, deadline, bundle }: ReadinessOptions,
): Promise<void> {
  for (;;) {
    let answer: Answer | null = { text: "did not answer" };
    const asked = ask(fetch, path, bundle).then((given) => void (answer = given));
    await withTimeout(clock, Math.max(0, deadline - clock.monotonic()), asked);
    if (answer === null) return;
    if (clock.monotonic() + pause >= deadline) throw notReady(path, answer);
    await sleep(clock, pause);
  }
}

/**
 * Milliseconds without another server after which a program has started all of them, though its module still waits at top
 * level, perhaps for the end of a server.
 */
const settleTime = 250;

/** Resolves when the program has started its servers. Never, if it starts none. */
export async function untilSettled(program: Started, clock: Clock): Promise<void> {
  if (program.servers.length === 0) await program.changed;
  let count;
  do {
    count = program.servers.length;
    await sleep(clock, settleTime);
  } while (program.servers.length > count);
}

/** Resolves when the program has started a server. Throws DenicornError `app-serves-nothing` at the deadline. */
export async function untilServing(
  { source, deadline }: { readonly source: string; readonly deadline: number },
  program: Started,
  clock: Clock,
): Promise<void> {
  while (program.servers.length === 0) {
    const left = deadline - clock.monotonic();
    if (left <= 0) throw servesNothing(source);
    await withTimeout(clock, left, program.changed);
  }
}

function servesNothing(source: string): DenicornError {
  return new DenicornError(
    "app-serves-nothing",
    `cannot load the app: ${source} is loaded, but neither exports an app nor has started a server until ` +
      "boot-timeout was over: add `export default app`, or raise --boot-timeout",
  );
}

/** `null` for a 2xx. */
async function ask(fetch: FetchHandler, path: string, bundle: string): Promise<Answer | null> {
  try {
    const response = await fetch(new Request(`http://localhost${path}`), noClient);
    const fault = faultOf(response);
    if (fault !== null) return { text: fault.text.replace(/^the app /, "") };
    void response.body?.cancel().catch(() => {});
    return response.ok ? null : { text: `answered ${response.status}` };
  } catch (error) {
    return { text: `threw ${titleOf(error).split("\n", 1)[0]}`, detail: clippedStack(error, bundle) };
  }
}

/** There is no client and no connection. */
const noClient: RequestInfo = {
  remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 0 },
  completed: Promise.resolve(),
};

function notReady(path: string, { text, detail }: Answer): DenicornError {
  return new DenicornError(
    "not-ready",
    `cannot boot a worker: ${path} (ready-path) ${text} until boot-timeout was over: let the app answer 2xx there ` +
      "as soon as it can serve, or raise --boot-timeout",
    { detail },
  );
}
