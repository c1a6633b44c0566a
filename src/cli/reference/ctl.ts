/** The reference page of `denicorn ctl` and of the control socket, made from their tables. */

import { endpoints } from "../../control/endpoints.ts";
import { exitCodeMeanings } from "../../core/errors.ts";
import { taskCommandList } from "../../core/tasks/task_commands.ts";
import { lifecycleKinds } from "../../core/telemetry/lifecycle.ts";
import type { CommandOption } from "../../settings/command_line.ts";
import { ctlOptions, subcommands } from "../ctl/subcommands.ts";
import { markdownTable, paragraph } from "../layout.ts";

const code = (text: string) => `\`${text}\``;
/** A bar would end the cell of a table, also in code. */
const cell = (text: string) => code(text.replaceAll("|", "\\|"));

function optionTerm({ name, placeholder }: CommandOption): string {
  return code(placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`);
}

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
  const taskRequests = taskCommandList.map(({ http: { method, path, query, body = [], answers } }) => [
    code(`${method} ${path}${query === undefined ? "" : `?${query}`}`),
    body.map(code).join(", "),
    answers,
  ]);
  return [
    "# Controlling a running server",
    ...finding.map(paragraph),
    markdownTable(["command", "does", "options"], words),
    markdownTable(
      ["option", "means"],
      ctlOptions.map((option) => [optionTerm(option), option.description]),
    ),
    "## Waiting",
    ...waiting.map(paragraph),
    markdownTable(["exit code of `--wait`", "means"], [
      ["0", "it is done"],
      ...(["1", "2", "3", "4"] as const).map((exit) => [exit, exitMeaning[exit]]),
    ]),
    "## The screen of top",
    ...top.map(paragraph),
    "## The socket",
    ...socket.map(paragraph),
    markdownTable(["request", "body", "answers"], requests),
    "## Tasks",
    ...tasks.map(paragraph),
    markdownTable(["request", "body", "answers"], taskRequests),
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
  "`ctl` may be left out: `denicorn reload` is `denicorn ctl reload`. Only `settings` needs it, and a command that is also " +
  "the name of a file or directory here.",
];

const exitMeaning = {
  1: "no server answers, it rejects the command, another command or a stop interferes, or the upgrade failed",
  2: "an error on the command line or in the settings that were read again, or several servers run and none is named",
  3: exitCodeMeanings[3],
  4: exitCodeMeanings[4],
} as const;

const waiting = [
  "`reload`, `scale` and `upgrade` return at once; with `--wait` they return when all workers are ready, or when it is " +
  "clear that they will not be. The reason is on stderr; where that is a terminal, it says meanwhile how far the " +
  "command is: `building the app`, `2 of 4 workers ready`. `stop --wait` returns when the process of the server has ended.",
  "These three are queued and run one at a time, with or without `--wait`; `+N` and `-N` count from the target at the " +
  "moment `scale` begins. While a reload waits in the queue, further reloads join it. `stop` and `reopen` do not queue; " +
  "a stop ends all that run or wait (exit code 1), and unlike a second TERM a second `stop` changes nothing without " +
  "`--now`. Signals do not queue either: after a HUP, a reload that is being " +
  "waited for starts over and ends with the newer one; TTIN and TTOU supersede a `scale` that is being waited for.",
  "A reload does not apply every setting, see [settings.md](settings.md). If one of the others was changed since the " +
  "start, such as `bind`, the answer names it with both values (`notApplied` in JSON), and so does the log; with " +
  "`--strict` the exit code is then 2.",
  "`worker N dump` asks the worker itself: it names its 50 oldest requests in flight with their age and the status that was " +
  "sent, its heap, and the tasks that it runs. One whose event loop is blocked cannot answer; of it the memory that it shares " +
  "with the master knows the request whose handler runs, and since when. Its JavaScript stack, a snapshot of its heap and a " +
  "CPU profile need an inspector of the runtime, which the executable does not have; Denicorn keeps it closed from source, " +
  "too, because every user of the machine could run code through it. To find what blocks, profile the app with " +
  "`deno run --inspect`.",
  "If `scale` fails because a worker cannot boot, the new target stays in force and the server keeps trying.",
];

const top = [
  "`top` shows what the server does, and a table of its workers: `ERRORS` are requests answered with 5xx since the worker " +
  "was started, `RESTARTS` how many workers in its place have died before it, `LAG` is how late its event loop was at the last heartbeat. Blocked workers are red, draining ones yellow. " +
  "On a narrow screen the columns that matter least are left out; 80×24 has space for 18 workers. On a terminal without " +
  "escape sequences (`TERM=dumb`) and in a pipe it prints once.",
  "The arrows, `j` and `k`, PgUp and PgDn, `g` and `G` scroll; `s` sorts by the next of worker, state, req/s, errors, restarts, p99, in " +
  "flight, lag, cpu, memory and age, `r` reverses the order; `/` shows only rows with a text, Escape all again; `q` and Ctrl-C " +
  "quit. The last line says what is chosen.",
];

const socket = [
  "The control socket is a Unix socket that speaks HTTP and JSON. Only the user who runs the server may open it " +
  "(mode 0600). It is in the runtime directory, or where `--control-socket FILE` says; `--no-control-socket` turns it " +
  "off, and then there is no upgrade by USR2 either. If the default path cannot be used, the server starts without a " +
  "control socket and logs a warning; if the path of `--control-socket` cannot be used, the start fails.",
  "For example: `curl --unix-socket FILE http://localhost/status`. Malformed requests get 400, unknown paths 404, wrong " +
  "methods 405, requests that cannot be carried out now 409, and bodies of more than 64 KiB 413, all with " +
  '`{"error": …}`. A command that fails gets 500 with `error`, `code` ([errors.md](errors.md)), `exitCode` and ' +
  'possibly `detail`. A command that is still running gets 202 and `"state": "accepted"`.',
  "If the master runs out of file descriptors, the control socket and the admin address are closed, and opened again " +
  "as soon as descriptors are available; the log says so both times.",
];

const tasks = [
  "These requests are for the [tasks](tasks.md) of the app. The admin address takes them, too; there, all but `GET /tasks` " +
  "need the token, since they show or change what apps put into tasks. A worker that is connected to the task store answers " +
  "them. Without one, and while the store does not answer, and for an app without tasks, they get 409 with the reason; " +
  "`GET /tasks` then says it in `problem`. An id that the store does not have gets 404. Times are in milliseconds since 1970.",
  "The body of `POST /tasks` may have 64 KiB more than `task-size-limit`, but at most 1,000,000 bytes. The options are those " +
  "of `enqueue`, with durations in milliseconds.",
];

const events = [
  "`denicorn ctl events` prints the last 100 events and then each new one. Over HTTP they are server-sent events with " +
  "ids; `Last-Event-ID` requests only those after that one. Each event is an object with `id`, `at` (milliseconds since " +
  "1970), `kind` and `text`; an event of a worker also has `worker`, `gen` and `pid`, and a failure has `error` with " +
  "`code`, `exitCode` and `message`.",
];
