/** What `denicorn ctl` accepts: help, completions, `docs/ctl.md` and the dispatch read this list. */

import { command, fetchSettings, fetchStatus, followEvents } from "../../control/control_client.ts";
import { parseScaleAmount, scaleAccepts } from "../../control/scale_amount.ts";
import { DenicornError } from "../../core/errors.ts";
import { type ChangingCommand, commandList, type CtlCommand } from "../../core/operator_commands.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { notAppliedText } from "../../settings/resolve.ts";
import type { CommandOption } from "../../settings/command_line.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { eventText, settingsText, statusText, workersText } from "./tables.ts";

/** What a command of `ctl` works with. */
interface CtlCall {
  readonly name: CtlCommand;
  readonly system: System;
  readonly socket: string;
  readonly operand: string | undefined;
  /** Whether the option was given. */
  has(option: CtlOption): boolean;
  /** Prints `value` as JSON with `--json`, else `text`. */
  print(value: unknown, text: string): void;
}

interface Subcommand {
  readonly name: CtlCommand;
  readonly summary: string;
  /** Its operand, as help shows it. */
  readonly operand?: string;
  readonly options: readonly CtlOption[];
  run(call: CtlCall): Promise<void>;
}

/** The options that only some of them accept. */
export const ctlOptions = [
  { name: "json", description: "Answer in JSON; events as one object per line." },
  { name: "wait", description: "Return only when the command is done or has failed." },
  {
    name: "strict",
    description: "With reload: wait, and exit with 2 if settings were changed that take a restart.",
  },
  { name: "now", description: "With stop: do not wait for requests in flight." },
] as const satisfies readonly CommandOption[];
type CtlOption = typeof ctlOptions[number]["name"];

/** Those that only show something. */
const views: Readonly<Record<Exclude<CtlCommand, ChangingCommand>, Subcommand["run"]>> = {
  async status({ system, socket, print }) {
    const status = await fetchStatus(system, socket);
    print(status, statusText(status));
  },
  async workers({ system, socket, print }) {
    const { workers } = await fetchStatus(system, socket);
    print(workers, workersText(workers));
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
  scale: (call) => give(call, { target: call.operand }),
  stop,
};

export const subcommands: readonly Subcommand[] = commandList.flatMap(({ name, ctl }) =>
  ctl === undefined ? [] : [{ ...ctl, name: name as CtlCommand, run: runs[name as CtlCommand] ?? give }]
);

/** Which operands they accept. */
const operands: Readonly<
  Partial<Record<CtlCommand, { isValid: (text: string) => boolean; accepts: string }>>
> = {
  scale: { isValid: (text) => parseScaleAmount(text) !== null, accepts: scaleAccepts },
};

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
  const done = await command(system, socket, name as ChangingCommand, body, isWaited);
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

/** The subcommand that `operands` begin with, and its operand. Throws DenicornError `usage`. */
export function parseSubcommand(
  [name, operand, extra]: readonly string[],
  given: ReadonlySet<string>,
): { readonly subcommand: Subcommand; readonly operand: string | undefined } {
  const refuse = (reason: string) => new DenicornError("usage", `ctl${reason}`);
  const quoted = (text: string | undefined) => JSON.stringify(text ?? "");
  const subcommand = subcommands.find((subcommand) => subcommand.name === name);
  if (subcommand === undefined) {
    const names = subcommands.map(({ name }) => name).join(", ");
    throw refuse(`: ${quoted(name)} is not a command: give one of ${names}`);
  }
  const accepted = operands[subcommand.name];
  const surplus = accepted === undefined ? operand : extra;
  if (surplus !== undefined) {
    throw refuse(` ${name}: ${quoted(surplus)} is one operand too many: leave it out`);
  }
  if (accepted?.isValid(operand ?? "") === false) {
    throw refuse(` ${name}: ${quoted(operand)} is not accepted: give ${accepted.accepts}`);
  }
  const alien = ctlOptions.find((option) =>
    given.has(option.name) && !subcommand.options.includes(option.name)
  );
  if (alien !== undefined) throw refuse(` ${name}: --${alien.name} is not accepted here: leave it out`);
  return { subcommand, operand };
}
