/** Errors of esbuild and of our plugins as one DenicornError, with lines of the source. */

import type { BuildFailure, Location, Message } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import type { Files } from "../../system/system.ts";
import { type Fault, faultOf, writtenIn } from "../fault.ts";
import type { LostImport } from "../resolve/decorator_metadata.ts";
import { missingImport } from "../resolve/missing_import.ts";
import { absolutePath, shownPath } from "../paths.ts";
import type { Projects } from "../resolve/project.ts";
import { addedText } from "./source_places.ts";
import { notModule } from "../resolve/file_kinds.ts";

/** The build that a message came from. */
export interface BuildPlace {
  readonly files: Files;
  readonly projects: Projects;
  readonly entry: string;
  /** esbuild names files relative to this. */
  readonly root: string;
  /** Messages name files relative to this. */
  readonly workingDirectory: string;
}

/** Further faults mostly follow from the first ones. */
const maxShown = 5;

/** The errors in what esbuild throws; empty if it could not be run. */
export function errorsOf(failure: unknown): readonly Message[] {
  return isBuildFailure(failure) ? failure.errors : [];
}

/** `failure` is what esbuild throws, or errors of it. `action` is the beginning of the message: "cannot load the app". */
export function bundleFailure(failure: unknown, action: string, place: BuildPlace): DenicornError {
  if (failure instanceof DenicornError) return failure;
  const errors: readonly Message[] = Array.isArray(failure) ? failure : errorsOf(failure);
  const [first, ...others] = errors;
  if (first === undefined) {
    return notRun(`${action}: esbuild cannot be run: ${whyNotRun(failure)}`, failure);
  }
  // An error that a plugin threw comes back inside a message and is complete.
  if (first.detail instanceof DenicornError) return first.detail;
  const fault = faultIn(first, place);
  const detail = [
    frameOf(first),
    ...others.slice(0, maxShown - 1).flatMap((message) => [described(message, place), frameOf(message)]),
    others.length >= maxShown ? `and ${others.length - maxShown + 1} more` : "",
  ].filter((part) => part !== "").join("\n");
  return new DenicornError(fault.code, `${action}: ${described(first, place)}`, {
    detail: detail === "" ? undefined : detail,
    cause: failure,
  });
}

const limits = "if the limit of processes (ulimit -u, pids.max, TasksMax=) or of memory is reached, raise it";

function whyNotRun(failure: unknown): string {
  // esbuild trips over a child process that the runtime did not start.
  if (failure instanceof TypeError) return `its process could not be started: ${limits}`;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return /service (was stopped|is no longer running)|EPIPE/.test(reason)
    ? `its process ended (${reason}): see its output above; ${limits}`
    : reason;
}

/** Only what another start cannot change is an error of the host: esbuild may also have been killed. */
function notRun(message: string, cause: unknown): DenicornError {
  // In Deno 2.9 a process that could not be started has no streams, and esbuild fails at its first use of one.
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (!/\bspawn .* (EACCES|EPERM|ENOENT|ENOEXEC)\b|\(reading 'unref'\)/.test(reason)) {
    return new DenicornError("internal", message, { cause });
  }
  const advice = "let this user run its executable, and mount the file system of that without noexec";
  return new DenicornError("bundler", `${message}: ${advice}`, { cause });
}

/** One line: `file:line:column: what is wrong`. */
export function described(message: Message, place: BuildPlace): string {
  const { text } = faultIn(message, place);
  const location = locationOf(message);
  if (message.location === null || location === undefined) return `${shown(place.entry, place)}: ${text}`;
  const path = absolutePath(place.root, message.location.file);
  return `${shown(path, place)}:${location.line}:${location.column}: ${text}`;
}

/** `file:line:column` with the absolute path; `null` for a message without a place. */
export function placeOfMessage(message: Message, place: BuildPlace): string | null {
  const location = locationOf(message);
  if (message.location === null || location === undefined) return null;
  return `${absolutePath(place.root, message.location.file)}:${location.line}:${location.column}`;
}

/** What is wrong, and with which file or import. */
export function faultIn(message: Message, place: BuildPlace): Fault {
  const known = faultOf(message);
  if (known !== undefined) return known;
  const { text, location, notes } = message;
  const importer = location === null ? place.entry : absolutePath(place.root, location.file);
  const missing = /^Could not resolve "(.*)"$/.exec(text)?.[1];
  if (missing !== undefined) {
    const fault = missingImport(place.files, place.projects, missing, importer);
    return { ...fault, specifier: writtenIn(message) ?? missing, target: missing };
  }
  const unknown = /^No loader is configured for "[^"]*" files: (.*)$/.exec(text)?.[1];
  if (unknown !== undefined) return notModule(absolutePath(place.root, unknown));
  const unreadable = /^(?:Cannot|Could not) read (?:from )?(?:file|directory)?:? ?"?([^"]*)"?/.exec(text)
    ?.[1];
  if (unreadable !== undefined) {
    return { code: "app-not-found", text, path: absolutePath(place.root, unreadable) };
  }
  const hints = notes.map((note) => note.text).filter((note) =>
    note !== "" && !note.startsWith("You can mark")
  );
  return { code: "app-syntax", text: [text, ...hints.slice(0, 1)].join(": ") };
}

/** The import that an error is about. */
export function lostImport(message: Message, place: BuildPlace): LostImport {
  const [, path, name] = /^No matching export in "(.*)" for import "(.*)"$/.exec(message.text) ?? [];
  return {
    importer: absolutePath(place.root, message.location?.file ?? ""),
    specifier: faultIn(message, place).specifier,
    lacks: path === undefined || name === undefined
      ? undefined
      : { path: absolutePath(place.root, path), name },
  };
}

function frameOf(message: Message): string {
  const location = locationOf(message);
  return location === undefined || location.lineText === "" ? "" : codeFrame(location);
}

function locationOf({ location }: Message): SourceLocation | undefined {
  if (location === null) return undefined;
  // esbuild counts columns in bytes, from 0, in the text that our plugin may have lengthened.
  const added = location.line <= 2 ? addedText.exec(location.lineText)?.[0] ?? "" : "";
  return {
    line: location.line,
    column: Math.max(0, charactersBefore(location) - added.length) + 1,
    lineText: location.lineText.slice(added.length),
  };
}

function charactersBefore({ lineText, column }: Location): number {
  return new TextDecoder().decode(new TextEncoder().encode(lineText).subarray(0, column)).length;
}

function shown(path: string, place: BuildPlace): string {
  return shownPath(place.workingDirectory, path);
}

function isBuildFailure(value: unknown): value is BuildFailure {
  return value instanceof Error && "errors" in value && Array.isArray(value.errors);
}

interface SourceLocation {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly lineText: string;
}

/** Longer lines are mostly minified code: they are cut to a window around the fault. */
const maxWidth = 100;

/** The line of source, and a caret under the column. */
function codeFrame({ line, column, lineText }: SourceLocation): string {
  const start = column <= maxWidth ? 0 : column - Math.floor(maxWidth / 2);
  const before = start > 0 ? "…" : "";
  const after = start + maxWidth < lineText.length ? "…" : "";
  const shown = before + lineText.slice(start, start + maxWidth).replaceAll("\t", " ").trimEnd() + after;
  const gutter = String(line);
  const caret = " ".repeat(before.length + column - 1 - start) + "^";
  return `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${caret}`;
}
