/** Whether the app can serve: it is asked in its own process, over `ready-path`, before its worker listens. */

import { DenicornError } from "../core/errors.ts";
import type { Clock, FetchHandler, RequestInfo } from "../system/system.ts";
import { stackOf } from "./failure.ts";
import { withTimeout } from "./with_timeout.ts";

export interface ReadinessOptions {
  /** With its leading slash. */
  readonly path: string;
  /** When to give up, on the monotonic clock. */
  readonly deadline: number;
}

/** Milliseconds between an answer that was no success and the next question. */
const pause = 250;

/** What the app did when it was asked, in a few words. */
interface Answer {
  readonly text: string;
  readonly detail?: string;
}

/** Settles when the app answers 2xx. Throws DenicornError `not-ready` at the deadline. */
export async function untilReady(
  fetch: FetchHandler,
  clock: Clock,
  { path, deadline }: ReadinessOptions,
): Promise<void> {
  for (;;) {
    let answer: Answer | null = { text: "did not answer" };
    const asked = ask(fetch, path).then((given) => void (answer = given));
    await withTimeout(clock, Math.max(0, deadline - clock.monotonic()), asked);
    if (answer === null) return;
    if (clock.monotonic() + pause >= deadline) throw notReady(path, answer);
    await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
}

/** `null` for a success. */
async function ask(fetch: FetchHandler, path: string): Promise<Answer | null> {
  try {
    const response: unknown = await fetch(new Request(`http://localhost${path}`), nobody);
    if (!(response instanceof Response)) return { text: "answered with something that is no Response" };
    void response.body?.cancel().catch(() => {});
    return response.ok ? null : { text: `answered ${response.status}` };
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message.split("\n", 1)[0]}` : String(error);
    return { text: `threw ${text}`, detail: stackOf(error) };
  }
}

/** There is no client and no connection. */
const nobody: RequestInfo = {
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
