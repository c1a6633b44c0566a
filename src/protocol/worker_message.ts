/**
 * Checks what arrives on the channel of a worker. The app runs in the same process as the worker and can write to the
 * channel, so a message is treated as if it came from a stranger: only what is declared here reaches the master.
 */

import { errorKinds } from "../core/errors.ts";
import { taskStates } from "../core/tasks/task_info.ts";
import { bucketCount } from "../core/telemetry/latency_histogram.ts";
import { taskCounters } from "../core/telemetry/task_status.ts";
import { mostDescribed } from "../core/telemetry/worker_description.ts";
import { longestChannelName, longestPostText } from "./channel_messages.ts";
import { longestClip } from "./framing.ts";
import { longestTaskAnswer, longestTaskName, mostTaskNames } from "./task_messages.ts";
import { type Failure, type FromWorker, pauseReasons } from "./messages.ts";

type Check = (value: unknown) => boolean;

/** The fields of each message. Others are dropped, so that a newer worker may have more of them. */
const fields: Readonly<Record<FromWorker["type"], Readonly<Record<string, Check>>>> = {
  hello: { token: isText(128), version: isText(64) },
  loaded: { addresses: isOptional(isListOf(isAddress, 64)) },
  ready: { addresses: isListOf(isAddress, 1_024), sharingFailure: isOptional(isText(longestClip)) },
  failed: { failure: isFailure },
  draining: { failure: isOptional(isFailure) },
  paused: { because: isPauseReason },
  closed: {},
  "tasks-added": {},
  "task-report": { report: isReport },
  "task-answer": {
    number: isCount,
    answer: isOptional(isText(longestTaskAnswer)),
    failure: isOptional(isText(longestClip)),
  },
  "channel-open": { name: isText(longestChannelName) },
  "channel-close": { name: isText(longestChannelName) },
  "channel-post": { name: isText(longestChannelName), data: isBase64(longestPostText) },
  description: { number: isCount, description: isDescription },
  counters: { bytes: isBase64(16_384) },
  "thread-started": { place: isCount, id: isCount },
  "thread-ended": { place: isCount, code: isExitCode },
  "hook-done": { number: isCount, failure: isOptional(isFailure) },
};

/** The message in `value`, with its declared fields only; `null` if it is not one. */
export function readWorkerMessage(value: unknown): FromWorker | null {
  if (!isRecord(value)) return null;
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(fields, type)) return null;
  const checks = Object.entries(fields[type as FromWorker["type"]]);
  if (!checks.every(([name, check]) => check(value[name]))) return null;
  return Object.fromEntries([["type", type], ...checks.map(([name]) => [name, value[name]])]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(longest: number): Check {
  return (value) => typeof value === "string" && value.length <= longest;
}

function isPauseReason(value: unknown): boolean {
  return value === null || pauseReasons.some((reason) => reason === value);
}

function isOptional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function isListOf(check: Check, longest: number): Check {
  return (value) => Array.isArray(value) && value.length <= longest && value.every(check);
}

function isBase64(longest: number): Check {
  return (value) =>
    typeof value === "string" && value.length <= longest && value.length % 4 === 0 &&
    /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isExitCode(value: unknown): boolean {
  return isCount(value) && Number(value) <= 255;
}

function isTally(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name, durations } = value;
  return isText(longestTaskName)(name) && taskCounters.every((field) => isCount(value[field])) &&
    isListOf(isCount, bucketCount)(durations);
}

const backlogFields = [...taskStates, "oldest"] as const;

function isBacklog(value: unknown): boolean {
  return value === null || (isRecord(value) && typeof value["isPaused"] === "boolean" &&
    backlogFields.every((field) => isCount(value[field])));
}

function isReport(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { running, backlog, problem, tallies } = value;
  return isCount(running) && isBacklog(backlog) && (problem === null || isShownText(problem)) &&
    isListOf(isTally, mostTaskNames)(tallies);
}

function isDescribed(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { method, path, ms, status } = value;
  return isShownText(method) && isShownText(path) && isCount(ms) && isCount(status);
}

function isDescription(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { requests, others, heapUsed, heapTotal, external, resident, tasks } = value;
  return isListOf(isDescribed, mostDescribed)(requests) && isShownText(tasks) &&
    [others, heapUsed, heapTotal, external, resident].every(isCount);
}

function isAddress(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { hostname, port } = value;
  return typeof hostname === "string" && /^[\w.:%-]{1,255}$/.test(hostname) &&
    Number.isInteger(port) && Number(port) > 0 && Number(port) <= 65_535;
}

const isShownText = isText(longestClip);
const isOptionalText = isOptional(isShownText);

/** Whether it has the form of a failure that Denicorn reports. */
export function isFailure(value: unknown): value is Failure {
  if (!isRecord(value)) return false;
  const { code, message, detail } = value;
  return typeof code === "string" && Object.hasOwn(errorKinds, code) && isShownText(message) &&
    isOptionalText(detail);
}
