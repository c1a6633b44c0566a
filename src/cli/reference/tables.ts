/** The reference pages of signals and errors, made from their tables. */

import { errorKinds, exitCodeMeanings } from "../../core/errors.ts";
import { signalMeanings } from "../../core/signals.ts";
import { markdownTable, paragraph } from "../layout.ts";

const code = (text: string) => `\`${text}\``;
const page = (...parts: readonly string[]) => parts.join("\n\n") + "\n";

/** `docs/signals.md`. */
export function renderSignalsReference(): string {
  const rows = Object.entries(signalMeanings).map((
    [signal, { worker, description }],
  ) => [code(signal.slice("SIG".length)), description, worker]);
  return page(
    "# Signals",
    paragraph(
      "Send them to the master, whose process id is in the pidfile and in every line it logs. The last column says " +
        "what a worker does that gets the signal directly.",
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
      "The exit code is the same for any number of workers. A running server never exits because of a failed " +
        "reload: it logs what is wrong and keeps serving.",
    ),
    markdownTable(["exit code", "meaning"], Object.entries(exitCodeMeanings)),
    paragraph(
      "A binary cannot start at all without /proc (`Failed reading standalone binary section`), or if TMPDIR is set " +
        "but not to an absolute path (`Could not convert path to URL`): these messages and the exit code 1 come from " +
        "the runtime in it, before Denicorn runs. Mount /proc, and unset TMPDIR.",
    ),
    "Each error says what failed, the value in question, and what to do. These are their codes:",
    markdownTable(["error", "exit code", "meaning"], kinds),
  );
}
