/** What `denicorn ctl` can be told, as data: help, completions, `docs/ctl.md` and the dispatch read this list. */

import { command, fetchSettings, fetchStatus, followEvents } from "../../control/control_client.ts";
import { parseScaleAmount, scaleAccepts } from "../../control/scale_amount.ts";
import { DenicornError } from "../../core/errors.ts";
import type { CommandOption } from "../../settings/command_line.ts";
import type { System } from "../../system/system.ts";
import { eventText, settingsText, statusText, workersText } from "./tables.ts";

/** What one command of `ctl` has at hand. */
export interface CtlCall {
  readonly system: System;
  readonly socket: string;
  readonly operand: string | undefined;
  /** Whether the option was given. */
  has(option: CtlOption): boolean;
  /** Answers in JSON where that was asked for. */
  print(value: unknown, text: string): void;
}

export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  /** Its operand. */
  readonly takes?: {
    readonly placeholder: string;
    readonly isGood: (text: string) => boolean;
    readonly accepts: string;
  };
  readonly options: readonly CtlOption[];
  run(call: CtlCall): Promise<void>;
}

/** The options that only some of them take. */
export const ctlOptions = [
  { name: "json", description: "Answer in JSON; events as one object per line." },
  { name: "wait", description: "Return only when it is done or has failed." },
  { name: "now", description: "With stop: do not wait for requests in flight." },
] as const satisfies readonly CommandOption[];
export type CtlOption = typeof ctlOptions[number]["name"];

export const subcommands: readonly Subcommand[] = [
  {
    name: "status",
    summary: "The server and its workers.",
    options: ["json"],
    async run({ system, socket, print }) {
      const status = await fetchStatus(system, socket);
      print(status, statusText(status));
    },
  },
  {
    name: "workers",
    summary: "The workers alone.",
    options: ["json"],
    async run({ system, socket, print }) {
      const { workers } = await fetchStatus(system, socket);
      print(workers, workersText(workers));
    },
  },
  {
    name: "settings",
    summary: "The settings in force.",
    options: ["json"],
    async run({ system, socket, print }) {
      const settings = await fetchSettings(system, socket);
      print(settings, settingsText(settings));
    },
  },
  {
    name: "events",
    summary: "What happens: the last 100 events, and those to come until Ctrl-C.",
    options: ["json"],
    async run({ system, socket, has }) {
      for await (const event of followEvents(system, socket)) {
        const text = has("json") ? `${JSON.stringify(event)}\n` : eventText(event);
        if (!system.host.write("stdout", text)) return;
      }
    },
  },
  {
    name: "top",
    summary: "The workers, refreshed each second until q or Ctrl-C; once where stdout is no terminal.",
    options: [],
    async run({ system, socket }) {
      // A start of the server loads this table as well.
      const { runTop } = await import("./top.ts");
      await runTop(system, socket);
    },
  },
  {
    name: "reload",
    summary: "Read settings and app anew, as HUP does.",
    options: ["wait", "json"],
    run: (call) => give(call, "reload"),
  },
  {
    name: "scale",
    summary: "Serve with another number of workers.",
    takes: {
      placeholder: "N|+N|-N",
      isGood: (text) => parseScaleAmount(text) !== null,
      accepts: scaleAccepts,
    },
    options: ["wait", "json"],
    run: (call) => give(call, "scale", { target: call.operand }),
  },
  {
    name: "reopen",
    summary: "Reopen the log files, as USR1 does.",
    options: ["json"],
    run: (call) => give(call, "reopen"),
  },
  {
    name: "stop",
    summary: "Stop the server when the requests in flight are finished.",
    options: ["now", "wait", "json"],
    run: stop,
  },
  {
    name: "upgrade",
    summary: "Start the executable now on disk in its place, as USR2 does.",
    options: ["wait", "json"],
    run: (call) => give(call, "upgrade"),
  },
];

/** Its process is watched: a server that ends cannot say so. */
async function stop({ system, socket, has, print }: CtlCall): Promise<void> {
  const { pid } = await fetchStatus(system, socket);
  const accepted = await command(system, socket, "stop", { now: has("now") });
  while (has("wait") && system.processes.isAlive(pid)) {
    await new Promise<void>((resolve) => system.clock.after(endPoll, resolve));
  }
  const done = has("wait") ? { state: "done", message: `process ${pid} has ended` } : accepted;
  print(done, `stop ${done.state}: ${done.message}\n`);
}

/** How often it is looked whether a process has ended, in milliseconds. */
const endPoll = 20;

async function give(
  { system, socket, has, print }: CtlCall,
  name: Parameters<typeof command>[2],
  body: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const done = await command(system, socket, name, body, has("wait"));
  print(done, `${name} ${done.state}: ${done.message}\n`);
}

/** The word that `operands` begin with, and its operand. Throws DenicornError `usage`. */
export function parseSubcommand(
  operands: readonly string[],
  given: ReadonlySet<string>,
): { readonly word: Subcommand; readonly operand: string | undefined } {
  const [name, operand, extra] = operands;
  const word = subcommands.find((word) => word.name === name);
  const names = subcommands.map(({ name }) => name).join(", ");
  if (word === undefined) {
    throw new DenicornError(
      "usage",
      `ctl: ${JSON.stringify(name ?? "")} is not a command: give one of ${names}`,
    );
  }
  const surplus = word.takes === undefined ? operand : extra;
  if (surplus !== undefined) {
    throw new DenicornError(
      "usage",
      `ctl ${name}: ${JSON.stringify(surplus)} is one operand too many: leave it out`,
    );
  }
  if (word.takes !== undefined && !word.takes.isGood(operand ?? "")) {
    throw new DenicornError(
      "usage",
      `ctl ${name}: ${JSON.stringify(operand ?? "")} is not accepted: give ${word.takes.accepts}`,
    );
  }
  const alien = ctlOptions.find((option) => given.has(option.name) && !word.options.includes(option.name));
  if (alien !== undefined) {
    throw new DenicornError("usage", `ctl ${name}: --${alien.name} is not accepted here: leave it out`);
  }
  return { word, operand };
}
