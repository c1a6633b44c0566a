import { DenicornError, type ErrorCode, errorKinds } from "../core/errors.ts";
import type { LifecycleEvent } from "../core/telemetry/lifecycle.ts";
import type { Status } from "../core/telemetry/status.ts";
import type { ChangingCommand } from "../core/operator_commands.ts";
import type { System } from "../system/system.ts";
import type { DescribedWorker, Done, Failed } from "./endpoints.ts";
import { decodeEvents } from "./event_stream.ts";
import type { Handover, LateChanges, SettingInForce } from "./master_commands.ts";

/** The status of the master behind the control socket at `path`. Throws DenicornError `no-server`. */
export async function fetchStatus(system: System, path: string): Promise<Status> {
  return await (await ask(system, path, "/status")).json();
}

/** Its settings in force. Throws DenicornError `no-server`. */
export async function fetchSettings(system: System, path: string): Promise<SettingInForce[]> {
  return await (await ask(system, path, "/settings")).json();
}

/** What the worker of this number does now. Throws DenicornError `no-server`, `command-refused`. */
export async function fetchWorker(system: System, path: string, number: string): Promise<DescribedWorker> {
  return await give(
    system,
    path,
    "show the worker",
    `/worker?number=${number}`,
    {},
    false,
  ) as DescribedWorker;
}

/**
 * Gives a command; with `isWaited` it waits for the end, however long that takes. Throws DenicornError `no-server`,
 * `command-refused`, or the error that made the command fail.
 */
export async function command(
  system: System,
  path: string,
  name: ChangingCommand,
  body: Readonly<Record<string, unknown>> = {},
  isWaited = false,
): Promise<Done> {
  const target = `/${name}${isWaited ? "?wait=1" : ""}`;
  const init: RequestInit = { method: "POST", body: JSON.stringify(body) };
  return await give(system, path, name, target, init, isWaited) as Done;
}

/** A request about tasks; with a body it is one that changes something. */
export interface TaskAsk {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Waits for the answer of the task store. Throws DenicornError `no-server`, `command-refused`. */
export async function askTasks(system: System, path: string, ask: TaskAsk): Promise<unknown> {
  const init: RequestInit = ask.body === undefined ? {} : { method: "POST", body: JSON.stringify(ask.body) };
  return await give(system, path, "ask for the tasks", ask.path, init, true);
}

/** `target`: path and query. Returns the body of the response. */
async function give(
  system: System,
  path: string,
  what: string,
  target: string,
  init: RequestInit,
  isWaited: boolean,
): Promise<unknown> {
  // Without a time limit only if the master answers at all.
  if (isWaited) await fetchStatus(system, path);
  const limit = isWaited ? { signal: new AbortController().signal } : {};
  const response = await reach(
    path,
    () => system.network.fetchUnix(path, origin + target, { ...init, ...limit }),
  );
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw failureOf(
    readFailed(text) ?? { error: `cannot ${what}: ${path}: the server answered ${response.status}: ${text}` },
  );
}

/** The retained events and then new ones, until the server ends. Throws DenicornError `no-server`. */
export async function* followEvents(system: System, path: string): AsyncGenerator<LifecycleEvent> {
  const { body } = await reach(
    path,
    () => system.network.streamUnix(path, `${origin}/events`),
    "text/event-stream",
  );
  if (body !== null) yield* decodeEvents(body);
}

/**
 * Makes the master send copies of its listening sockets to the fd inbox at `fdInbox`, and keep its group of listeners
 * as it is. Throws DenicornError `no-server`.
 */
export async function handOver(system: System, path: string, fdInbox: string | null): Promise<Handover> {
  const init = { method: "POST", body: JSON.stringify({ fdInbox }) };
  return await (await ask(system, path, "/handover", init)).json();
}

/** The status of an old master, whose counters stand still from now on. Throws DenicornError `no-server`. */
export async function takeCounters(system: System, path: string): Promise<unknown> {
  return await (await ask(system, path, "/counters", { method: "POST" })).json();
}

/**
 * Makes the master finish and exit, as another one serves now; it leaves its last status at `lastStatus`. Returns what this one has to do as well; an older version
 * says nothing of it. Throws DenicornError `no-server`.
 */
export async function retire(
  system: System,
  path: string,
  lastStatus: string | null,
): Promise<Partial<LateChanges>> {
  const init = { method: "POST", body: JSON.stringify({ lastStatus }) };
  return await (await ask(system, path, "/retire", init)).json();
}

// The runtime looks the name up although the socket is local; any other name may wait seconds for DNS.
const origin = "http://localhost";

/** A request that a master answers at once. */
async function ask(system: System, path: string, command: string, init?: RequestInit): Promise<Response> {
  const response = await reach(path, () => system.network.fetchUnix(path, origin + command, init));
  if (response.ok) return response;
  throw new DenicornError(
    "command-refused",
    `cannot ask the server for ${command.slice(1)}: ${path}: it answered ${response.status}: ${await response
      .text()}`,
  );
}

async function reach(
  path: string,
  attempt: () => Promise<Response>,
  kind = "application/json",
): Promise<Response> {
  let response: Response;
  try {
    response = await attempt();
  } catch (error) {
    throw new DenicornError(
      "no-server",
      `cannot reach the server: ${path}: no master answers there in time: is it running, as this user?`,
      { cause: error },
    );
  }
  if (response.headers.get("content-type")?.startsWith(kind) === true) return response;
  throw new DenicornError(
    "no-server",
    `cannot reach the server: ${path}: the program that answers there is not Denicorn: give the control socket of a Denicorn server`,
  );
}

function failureOf({ error, code = "", detail }: Failed): DenicornError {
  return new DenicornError(isErrorCode(code) ? code : "command-refused", error, { detail });
}

function readFailed(text: string): Failed | null {
  try {
    const failed = JSON.parse(text);
    return typeof failed?.error === "string" ? failed : null;
  } catch {
    return null;
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
