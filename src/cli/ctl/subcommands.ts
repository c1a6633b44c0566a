/** What `denicorn ctl` accepts: help, completions, `docs/ctl.md` and the dispatch read this list. */

import {
  command,
  fetchSettings,
  fetchStatus,
  fetchWorker,
  followEvents,
} from "../../control/control_client.ts";
import { parseScaleAmount, scaleAccepts } from "../../control/scale_amount.ts";
import { DenicornError } from "../../core/errors.ts";
import {
  type ChangingCommand,
  commandList,
  type CtlCommand,
  type QueuedCommand,
} from "../../core/operator_commands.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { notAppliedText } from "../../settings/resolve.ts";
import { notReadyBecause } from "../../core/telemetry/server_readiness.ts";
import type { CommandOption } from "../../settings/command_line.ts";
import { nearest } from "../../settings/nearest.ts";
import { sleep } from "../../system/clock.ts";
import type { Accepted, CtlCall, Subcommand } from "./ctl_call.ts";
import { optionValues, taskOptions, taskSubcommands } from "./task_subcommands.ts";
import { describedText } from "./described_worker.ts";
import { runningServers } from "./find_server.ts";
import { eventText, serverIn, serversText, settingsText, statusText, workersText } from "./tables.ts";

/** The options that only some of them accept. */
export const ctlOptions = [
  { name: "json", description: "Answer in JSON; events as one object per line." },
  { name: "wait", description: "Return only when the command is done or has failed." },
  {
    name: "strict",
    description: "With reload: wait, and exit with 2 if settings were changed that take a restart.",
  },
  { name: "now", description: "With stop: do not wait for requests in flight." },
  ...taskOptions,
] as const satisfies readonly CommandOption[];

/** Those that only show something. */
const views: Readonly<Record<Exclude<CtlCommand, ChangingCommand>, Subcommand["run"]>> = {
  async status({ system, socket, print }) {
    const status = await fetchStatus(system, socket);
    print(status, statusText(status));
  },
  async list({ system, print }) {
    const servers = (await runningServers(system)).map(({ socket, status }) => ({
      ...serverIn(status),
      socket,
    }));
    print(servers, serversText(servers));
  },
  async workers({ system, socket, print }) {
    const { workers } = await fetchStatus(system, socket);
    print(workers, workersText(workers));
  },
  async worker({ system, socket, operands, print }) {
    const found = await fetchWorker(system, socket, operands[0]!);
    print(found, describedText(found));
  },
  async ready({ system, socket, print }) {
    const reason = notReadyBecause(await fetchStatus(system, socket));
    if (reason !== null) throw new DenicornError("server-not-ready", `not ready: ${printable(reason)}`);
    print({ isReady: true }, "ready\n");
  },
  async settings({ system, socket, print }) {
    const settings = await fetchSettings(system, socket);
    print(settings, settingsText(settings));
  },
  async events({ system, socket, has }) {
    for await (const event of followEvents(system, socket)) {
      const text = has("json") ? `${printableJson(JSON.stringify(event))}\n` : eventText(event);
      if (!system.host.write("stdout", text)) return;
    }
  },
  async top({ system, socket }) {
    // Loaded only here: this list is loaded at every start of a server.
    const { runTop } = await import("./top.ts");
    await runTop(system, socket);
  },
};

const runs: Readonly<Partial<Record<CtlCommand, Subcommand["run"]>>> = {
  ...views,
  scale: (call) => give(call, { target: call.operands[0] }),
  recycle: (call) => give(call, { worker: call.operands[0] }),
  stop,
};

const workerNumber: Accepted = {
  isValid: (text) => /^\d{1,9}$/.test(text),
  accepts: "the number of a worker, as in `denicorn ctl status`",
};

/** Which operands they accept. */
const accepted: Readonly<Partial<Record<CtlCommand, readonly Accepted[]>>> = {
  scale: [{ isValid: (text) => parseScaleAmount(text) !== null, accepts: scaleAccepts }],
  recycle: [workerNumber],
  worker: [
    workerNumber,
    { isValid: (text) => text === "dump", accepts: "dump" },
  ],
};

export const subcommands: readonly Subcommand[] = [
  ...commandList.flatMap(({ name, ctl }) =>
    ctl === undefined ? [] : [{
      ...ctl,
      name,
      accepts: accepted[name as CtlCommand] ?? [],
      isAboutAll: name === "list",
      run: runs[name as CtlCommand] ?? give,
    }]
  ),
  ...taskSubcommands,
];

/** A server that exits cannot answer at the end, so its process is watched. */
async function stop({ system, socket, has, print }: CtlCall): Promise<void> {
  const { pid } = await fetchStatus(system, socket);
  const accepted = await command(system, socket, "stop", { now: has("now") });
  while (has("wait") && system.processes.isAlive(pid)) {
    await sleep(system.clock, exitPollInterval);
  }
  const done = has("wait") ? { state: "done", message: `process ${pid} has ended` } : accepted;
  print(done, `stop ${done.state}: ${printable(done.message)}\n`);
}

/** In milliseconds. */
const exitPollInterval = 20;

async function give(
  { name, system, socket, has, print }: CtlCall,
  body: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const isWaited = has("wait") || has("strict");
  const work = () => command(system, socket, name as ChangingCommand, body, isWaited);
  const shows = isWaited && !has("json") && system.host.isTerminal("stderr");
  // Loaded only here, as for `top`.
  const done = shows
    ? await (await import("./wait_progress.ts")).showingProgress(system, socket, name as QueuedCommand, work)
    : await work();
  print(done, `${name} ${done.state}: ${printable(done.message)}\n`);
  const { notApplied = [] } = done;
  if (!has("strict") || notApplied.length === 0) return;
  throw new DenicornError(
    "restart-needed",
    `${name}: not all of the settings are in force: ${
      printable(notApplied.map(notAppliedText).join("; "))
    }: ` +
      "restart the server, or change them back",
  );
}

/**
 * The subcommand that `words` begin with, and its operands. `given`: the options, with their values. Throws DenicornError
 * `usage`.
 */
export function parseSubcommand(
  words: readonly string[],
  given: ReadonlyMap<string, string | true>,
): { readonly subcommand: Subcommand; readonly operands: readonly string[] } {
  const refuse = (reason: string) => new DenicornError("usage", `ctl${reason}`);
  const quoted = (text: string | undefined) => JSON.stringify(text ?? "");
  const [first, second] = words;
  const subcommand = subcommands.find(({ name }) => name === `${first} ${second}`) ??
    subcommands.find(({ name }) => name === first);
  if (subcommand === undefined) {
    const names = subcommands.map(({ name }) => name).filter((name) => !name.includes(" "));
    const guess = first === undefined ? undefined : nearest(first, names);
    throw refuse(
      `: ${quoted(first)} is not a command: ` +
        (guess === undefined ? `give one of ${names.join(", ")}` : `did you mean denicorn ctl ${guess}?`),
    );
  }
  const { name, accepts = [], options, objection } = subcommand;
  const operands = words.slice(name.split(" ").length);
  const surplus = operands[accepts.length];
  if (surplus !== undefined) {
    const others = subcommands.flatMap((other) =>
      other.name.startsWith(`${name} `) ? [other.name.slice(name.length + 1)] : []
    );
    throw refuse(
      others.length > 0
        ? ` ${name}: ${quoted(surplus)} is not a command: give one of ${others.join(", ")}`
        : ` ${name}: ${quoted(surplus)} is one operand too many: leave it out`,
    );
  }
  accepts.forEach(({ isValid, accepts, isOptional = false }, place) => {
    const operand = operands[place];
    if (operand === undefined && isOptional || isValid(operand ?? "")) return;
    throw refuse(` ${name}: ${quoted(operand)} is not accepted: give ${accepts}`);
  });
  for (const { name: option } of ctlOptions) {
    const value = given.get(option);
    if (value === undefined) continue;
    if (!options.includes(option)) throw refuse(` ${name}: --${option} is not accepted here: leave it out`);
    const rule = optionValues[option];
    if (rule !== undefined && !rule.isValid(String(value))) {
      throw refuse(` ${name}: --${option}: ${quoted(String(value))} is not accepted: give ${rule.accepts}`);
    }
  }
  const reason = objection?.(operands, given);
  if (reason !== undefined) throw refuse(` ${name}: ${reason}`);
  return { subcommand, operands };
}
