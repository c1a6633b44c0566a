/** The process that runs `prepare` of an app: what it needs to know, and how it says what failed. */

import type { LogConfig } from "../log/logger.ts";
import { type Failure, toFailure, type WorkerConfig } from "./messages.ts";
import { isFailure } from "./worker_message.ts";
import type { DenicornError } from "../core/errors.ts";

/** Makes a process that is started with `--worker` that one; the value is an AppPreparation as JSON. */
export const preparationVariable = "DENICORN_APP_PREPARATION";

export interface AppPreparation extends
  Pick<
    WorkerConfig,
    | "bundle"
    | "source"
    | "exportName"
    | "exportsApp"
    | "appType"
    | "args"
    | "unstable"
    | "appPermissions"
    | "generation"
    | "settings"
  >,
  LogConfig {
  /** Milliseconds after which the master ends the process. */
  readonly timeout: number;
  /** The process of the master. */
  readonly master: number;
  /** The inherited descriptor of the memory for the report; `null` if there is none. */
  readonly report: number | null;
}

/** In bytes: a failure is clipped to less. */
export const reportSize = 256 * 1024;

/** A number of four bytes, then so many bytes of JSON. */
const headerSize = 4;
/** In place of that number: `prepare` has succeeded. A process that only exits has not said so. */
const done = 0xffff_ffff;

export function writeDone(memory: ArrayBuffer): void {
  new DataView(memory).setUint32(0, done);
}

export function writeReport(memory: ArrayBuffer, error: DenicornError): void {
  const bytes = new TextEncoder().encode(JSON.stringify(toFailure(error)));
  if (headerSize + bytes.length > memory.byteLength) return;
  new Uint8Array(memory).set(bytes, headerSize);
  new DataView(memory).setUint32(0, bytes.length);
}

/** `null` if there is none, or anything else: the app can write there, too. */
export function readReport(memory: ArrayBuffer): Failure | "done" | null {
  const length = new DataView(memory).getUint32(0);
  if (length === done) return "done";
  if (length === 0 || length > memory.byteLength - headerSize) return null;
  try {
    const failure: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(memory, headerSize, length)));
    return isFailure(failure) ? failure : null;
  } catch {
    return null;
  }
}

export function clearReport(memory: ArrayBuffer): void {
  new DataView(memory).setUint32(0, 0);
}
