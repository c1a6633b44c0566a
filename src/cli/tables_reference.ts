/** The reference pages of signals and errors, made from their tables. */

import { errorKinds, exitCodeMeanings } from "../core/errors.ts";
import { signalMeanings } from "../core/signals.ts";

/** `docs/signals.md`. */
export function renderSignalsReference(): string {
  const rows = Object.entries(signalMeanings).map(([signal, { worker, description }]) =>
    `| \`${signal.slice(3)}\` | ${description} | ${worker} |`
  );
  return `# Signals

Send them to the master, whose process id is in the pidfile and in every line it logs:
\`kill -HUP $(cat server.pid)\`. A worker that is sent a signal directly does what the last column says.

| signal | the master | a worker |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** `docs/errors.md`. */
export function renderErrorsReference(): string {
  const exits = Object.entries(exitCodeMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  const kinds = Object.entries(errorKinds).map(([code, { exitCode, means }]) =>
    `| \`${code}\` | ${exitCode} | ${means} |`
  );
  return `# Exit codes and errors

The exit code is the same for any number of workers. A running server never exits for a bad reload: it says what
is wrong and keeps serving.

| exit code | meaning |
| --- | --- |
${exits.join("\n")}

Each error says what could not be done, the value it stumbled over, and what to do. These are their kinds:

| error | exit code | meaning |
| --- | --- | --- |
${kinds.join("\n")}
`;
}
