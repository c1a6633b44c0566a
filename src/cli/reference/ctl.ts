/** The reference page of `denicorn ctl` and of the control socket, made from their tables. */

import { endpoints } from "../../control/endpoints.ts";
import { exitCodeMeanings } from "../../core/errors.ts";
import { lifecycleKinds } from "../../core/telemetry/lifecycle.ts";
import { ctlOptions, subcommands } from "../ctl/subcommands.ts";
import { markdownTable, wrapAroundCode } from "../layout.ts";

/** The width at which `deno fmt` breaks prose, so that it leaves the page as it is. */
const width = 110;
const paragraph = (text: string) => wrapAroundCode(text, width).join("\n");
const code = (text: string) => `\`${text}\``;
/** A bar would end the cell of a table, also in code. */
const cell = (text: string) => code(text.replaceAll("|", "\\|"));

/** `docs/ctl.md`. */
export function renderCtlReference(): string {
  const words = subcommands.map(({ name, operand, summary, options }) => [
    cell(operand === undefined ? name : `${name} ${operand}`),
    summary,
    options.map((option) => code(`--${option}`)).join(", "),
  ]);
  const requests = endpoints.map(({ method, path, canWait, body = [], answers }) => [
    code(`${method} ${path}${canWait ? "?wait=1" : ""}`),
    body.map((text) => text === "" ? "nothing" : code(text)).join(", "),
    answers,
  ]);
  return [
    "# Telling a running server what to do",
    ...finding.map(paragraph),
    markdownTable(["command", "does", "options"], words),
    markdownTable(
      ["option", "means"],
      ctlOptions.map(({ name, description }) => [code(`--${name}`), description]),
    ),
    "## Waiting",
    ...waiting.map(paragraph),
    markdownTable(["exit code of `--wait`", "means"], [
      ["0", "it is done"],
      ...(["1", "2", "3", "4"] as const).map((exit) => [exit, exitMeaning[exit]]),
    ]),
    "## The socket",
    ...socket.map(paragraph),
    markdownTable(["request", "body", "answers"], requests),
    "## Events",
    ...events.map(paragraph),
    markdownTable(
      ["event", "means"],
      Object.entries(lifecycleKinds).map(([kind, means]) => [code(kind), means]),
    ),
  ].join("\n\n") + "\n";
}

const finding = [
  "`denicorn ctl COMMAND` talks to a running server over its control socket: the one `--socket FILE` names, that of " +
  "the server whose pidfile `--pid FILE` names, or that of the only server this user runs.",
];

const exitMeaning = {
  1: "no server answers, it refuses, another command or a stop came between, or the upgrade failed",
  2: "a mistake on the command line or in the settings that were read anew, or several servers run and none is named",
  3: exitCodeMeanings[3],
  4: exitCodeMeanings[4],
} as const;

const waiting = [
  "`reload`, `scale` and `upgrade` begin at once and return; with `--wait` they return when all workers that are " +
  "wanted are ready, or when it is clear that they will not be. The reason stands on stderr. `stop --wait` returns " +
  "when the process of the server has ended.",
  "These three have their turn one after another, waited for or not: what is asked for while another one goes on " +
  "begins when that is done, and `+N` counts from the workers wanted by then. A reload that has not begun serves " +
  "for all that are asked for meanwhile. `stop` and `reopen` do not queue; a stop ends whatever runs or waits " +
  "(exit code 1). Signals do not queue either: a HUP begins a waited reload anew, which ends with the newer one; TTIN " +
  "and TTOU supersede a waited `scale`.",
  "A `scale` that fails because a worker cannot boot leaves the new target in force, and the server goes on trying.",
];

const socket = [
  "The control socket is a Unix socket that speaks HTTP and JSON. Only the user who runs the server may open it " +
  "(mode 0600). It lies in the runtime directory, or where `--control-socket FILE` says; `--no-control-socket` " +
  "makes none, and then there is no upgrade by USR2 either. Where the default place cannot be written to, the server " +
  "starts without one and says so; a place that was asked for is insisted on.",
  "`curl --unix-socket FILE http://localhost/status` is all it takes. What is malformed is answered by 400, an unknown " +
  "path by 404, a wrong method by 405, what cannot be done now by 409, a body of more than 64 KiB by 413, all with " +
  '`{"error": …}`. An operation that was waited for and failed is answered by 500 and `error`, `code` ' +
  "([errors.md](errors.md)), `exitCode` and perhaps `detail`. What goes on after the answer is 202 and " +
  '`"state": "accepted"`.',
];

const events = [
  "`denicorn ctl events` prints the last 100 events and each new one; over HTTP they are server-sent events with ids, " +
  "and `Last-Event-ID` asks for those after one. Each is an object with `id`, `at` (milliseconds since 1970), `kind`, " +
  "`text`; of a worker, `worker`, `gen` and `pid`; where something failed, `error` with `code`, `exitCode` and " +
  "`message`.",
];
