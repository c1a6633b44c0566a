/** The reference pages of signals and errors, made from their tables. */

import { errorKinds, exitCodeMeanings } from "../../core/errors.ts";
import { signalMeanings } from "../../core/signals.ts";
import { markdownTable, wrap } from "../layout.ts";

const width = 110;
const code = (text: string) => `\`${text}\``;
const page = (...parts: readonly string[]) => parts.join("\n\n") + "\n";
const paragraph = (text: string) => wrap(text, width).join("\n");

/** `docs/signals.md`. */
export function renderSignalsReference(): string {
  const rows = Object.entries(signalMeanings).map((
    [signal, { worker, description }],
  ) => [code(signal.slice("SIG".length)), description, worker]);
  return page(
    "# Signals",
    paragraph(
      "Send them to the master, whose process id is in the pidfile and in every line it logs. A worker that is " +
        "sent a signal directly does what the last column says.",
    ),
    markdownTable(["signal", "the master", "a worker"], rows),
  );
}

/** `docs/errors.md`. */
export function renderErrorsReference(): string {
  const kinds = Object.entries(errorKinds).map((
    [kind, { exitCode, means }],
  ) => [code(kind), String(exitCode), means]);
  return page(
    "# Exit codes and errors",
    paragraph(
      "The exit code is the same for any number of workers. A running server never exits for a bad reload: it " +
        "says what is wrong and keeps serving.",
    ),
    markdownTable(["exit code", "meaning"], Object.entries(exitCodeMeanings)),
    "Each error says what could not be done, the value it stumbled over, and what to do. These are their kinds:",
    markdownTable(["error", "exit code", "meaning"], kinds),
  );
}
