/** In a worker: imports the bundle and takes the app out of it, or says what failed and in which file of the app. */

import { DenicornError, errorKinds } from "../../core/errors.ts";
import { attempt, errorIn, textOf, type ThrownError } from "../../core/thrown.ts";
import type { ProgramServers } from "../../system/system.ts";
import { appFrames, causesOf, type Frame, stackText } from "../app_stack.ts";
import { type Fault, faultProperty, nativeAddonPhrase, type ThrownFault } from "../fault.ts";
import { filePath, fileUrl, isPackageFile, shownPath } from "../paths.ts";
import { packageNameOf } from "../resolve/specifiers.ts";
import { tasksNamespace } from "../bundle/tasks_module.ts";
import { type AppHooks, hooksOf, tasksExport } from "./app_hooks.ts";
import type { AppTasks } from "./app_tasks.ts";
import { type App, type AppType, validateApp } from "./validate_app.ts";

export interface ImportOptions {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  readonly appType: AppType;
  /** Path of the module that exports the tasks; `undefined` if that is the app's. */
  readonly tasksModule?: string | undefined;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

export interface ImportedApp {
  /** `null` if the module exports no app and starts its own servers. */
  readonly app: App | null;
  readonly hooks: AppHooks;
  /** `null` if there are none. */
  readonly tasks: AppTasks | null;
}

/** Throws DenicornError when the module throws, or exports something else than an app. */
export async function importApp(
  options: ImportOptions,
  { servers }: Pick<ProgramServers, "servers">,
): Promise<ImportedApp> {
  const source = shownPath(options.workingDirectory, options.source);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(fileUrl(options.bundle));
  } catch (error) {
    throw importFailure(error, options);
  }
  const app = exportedApp(module, options, source, servers);
  return { app, hooks: hooksOf(module), tasks: await tasksOf(module, options, source) };
}

async function tasksOf(
  module: Readonly<Record<string, unknown>>,
  { tasksModule, workingDirectory }: ImportOptions,
  source: string,
): Promise<AppTasks | null> {
  // The setting may name the module of the app.
  const exports = Object.hasOwn(module, tasksNamespace) ? module[tasksNamespace] as typeof module : module;
  if (tasksModule === undefined && !Object.hasOwn(exports, tasksExport)) return null;
  // Most apps have none.
  const { readTasks } = await import("./app_tasks.ts");
  const path = tasksModule === undefined ? source : shownPath(workingDirectory, tasksModule);
  return readTasks({ tasks: exports[tasksExport], cron: exports["cron"] }, path);
}

function exportedApp(
  module: Readonly<Record<string, unknown>>,
  { exportName, appType }: ImportOptions,
  source: string,
  servers: ProgramServers["servers"],
): App | null {
  const hasExport = Object.hasOwn(module, exportName) && !isEmpty(module[exportName]);
  // The build has found that a module without the export starts servers.
  if (!hasExport && (servers.length > 0 || exportName === "default")) return null;
  try {
    const app = validateApp(module, exportName, source, appType);
    // Programs for Node.js export for their tests what they have told to listen.
    return app.kind === "node" && servers.some(({ kind }) => kind === "node") ? null : app;
  } catch (error) {
    // Such as `export default Deno.serve(handler)`.
    if (servers.length > 0) return null;
    throw error;
  }
}

/** What a CommonJS module exports that exports nothing. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const isPlain = () => Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0;
  return attempt(isPlain, false);
}

/** What an app threw while it was imported, as an error that names the app's own file and line. */
export function importFailure(
  thrown: unknown,
  { bundle, source, workingDirectory }: Omit<ImportOptions, "exportName" | "appType" | "tasksModule">,
): DenicornError {
  const error = errorIn(thrown);
  const frames = appFrames(error, bundle);
  const fault = thrownFault(thrown);
  const place = placeIn(fault) ?? linkPlace(error) ?? frames.find(({ path }) => !isPackageFile(path)) ??
    frames[0];
  const at = place === undefined
    ? shownPath(workingDirectory, source)
    : `${shownPath(workingDirectory, place.path)}:${place.line}:${place.column}`;
  const { code, text } = fault ?? faultFrom(thrown);
  return new DenicornError(code, `cannot load the app: ${at}: ${text}`, {
    detail: stackText(thrown, bundle),
    cause: thrown,
  });
}

/** What the bundle says about a module that it could not hold. */
function thrownFault(thrown: unknown): ThrownFault | undefined {
  const value: unknown = attempt(
    () => Object.getOwnPropertyDescriptor(thrown, faultProperty)?.value,
    undefined,
  );
  return isThrownFault(value) ? value : undefined;
}

function isThrownFault(value: unknown): value is ThrownFault {
  if (typeof value !== "object" || value === null || !("code" in value) || !("text" in value)) return false;
  return typeof value.text === "string" && Object.hasOwn(errorKinds, String(value.code));
}

function placeIn(fault: ThrownFault | undefined): Pick<Frame, "path" | "line" | "column"> | undefined {
  const [, path, line, column] = /^(.*):(\d+):(\d+)$/.exec(fault?.place ?? "") ?? [];
  return path === undefined ? undefined : { path, line: Number(line), column: Number(column) };
}

function faultFrom(thrown: unknown): Fault {
  for (const cause of causesOf(thrown)) {
    // Some packages wrap it in a message that advises to install them again.
    if (cause.message.includes(nativeAddonPhrase)) {
      return { code: "app-import-unsupported", text: cause.message };
    }
  }
  const error = errorIn(thrown);
  const missing = /^Cannot find module '(.*)'/.exec(error?.message ?? "")?.[1];
  if (missing !== undefined && error?.code === "MODULE_NOT_FOUND") {
    return { code: "app-package-missing", text: missingModule(missing) };
  }
  const unbundled = /^(?:Import|Relative import path) "(.*?)" not /.exec(error?.message ?? "")?.[1];
  if (unbundled !== undefined) {
    return { code: "app-import-unsupported", text: outsideBundle(unbundled) };
  }
  const text = `it throws while it is imported: ${described(thrown)}`;
  if (error?.name !== "AddrInUse" || !/already in use/i.test(error.message)) {
    return { code: "app-throws", text };
  }
  return { code: "app-throws", text: `${text}: every worker runs this code, and only one can listen there` };
}

function missingModule(specifier: string): string {
  if (/^\.{0,2}\//.test(specifier)) return `no such file: "${specifier}"`;
  const name = packageNameOf(specifier);
  return `package "${name}" is not installed: run \`npm install ${name}\``;
}

function outsideBundle(specifier: string): string {
  return `"${specifier}" is imported by a file that is not in the bundle, because an import() with a computed name ` +
    'loads it: write that name, such as `import("./build/server.js")`, in a module of the app';
}

/** An error about imports and exports that do not match has no stack: V8 puts the place at the end of the message. */
const placeInMessage = / at (file:\/\/\/.*):(\d+):(\d+)$/;

function linkPlace(error: ThrownError | null): Pick<Frame, "path" | "line" | "column"> | undefined {
  const message = error?.name === "SyntaxError" ? error.message : "";
  const [, url, line, column] = placeInMessage.exec(message) ?? [];
  return url === undefined ? undefined : { path: filePath(url), line: Number(line), column: Number(column) };
}

/** On one line. */
function described(thrown: unknown): string {
  if (typeof thrown === "string") return `${JSON.stringify(thrown)} (a string, not an Error)`;
  const error = errorIn(thrown);
  if (error === null) return `${textOf(thrown)} (not an Error)`;
  return `${error.name}: ${error.message.split("\n", 1)[0]?.replace(placeInMessage, "")}`;
}
