/**
 * Reads `denicorn.config.{ts,js,json}`. A module is bundled like an app, so that it may import what an app may,
 * and evaluated in a short-lived process: a module is never unloaded, and in the master its memory, its timers and
 * its `Deno.exit()` would be the master's (15 reloads of a config of 4 MB: 71 -> 137 MB).
 */

import type { Plugin } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import { NotJson } from "../../settings/not_json.ts";
import { startLimited } from "../../system/processes/limited_child.ts";
import { selfCommand } from "../../system/processes/self_command.ts";
import type { Files, System } from "../../system/system.ts";
import { addToCacheLater, bundleModule } from "../bundle/bundle.ts";
import { configModule, ownModule } from "../bundle/own_module.ts";
import { extensionOf } from "../paths.ts";
import {
  bundleIn,
  configProcessArgument,
  type ConfigReport,
  longestLoad,
  notLoaded,
  reportIn,
  reportOf,
} from "./config_report.ts";

const action = "cannot load the config file";

interface ConfigFileOptions {
  readonly runtimeDirectory: string;
  /** Whether a cached bundle may be used. */
  readonly cache?: boolean;
  /** Where it is evaluated; by default where this process is. */
  readonly workingDirectory?: string;
  /** Asked about each file that the bundle is made from; returns why it must not be run. Without it the cache is used. */
  readonly refuse?: ((path: string) => string | null) | undefined;
  /** Ends its process: the result is not wanted any more. */
  readonly signal?: AbortSignal | undefined;
}

/** What a config file exports. */
interface LoadedConfig {
  /** The settings, and the hooks; a value that JSON cannot hold is a `NotJson`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The bundle of the module; `null` for a file of JSON. */
  readonly text: string | null;
  /** Absolute paths of the files that it is made from. */
  readonly sources: readonly string[];
}

/** The file at the absolute `path`, read again on every call. Throws DenicornError `config-file`. */
export async function loadConfigFile(
  system: System,
  path: string,
  options: ConfigFileOptions,
): Promise<LoadedConfig> {
  const found = system.files.stat(path);
  if (found === null) throw configError(path, "no such file");
  if (!found.isFile) throw configError(path, "it is not a regular file");
  const json = extensionOf(path) === ".json" ? parseJson(system.files.readTextSync(path)) : undefined;
  const { report, text, sources } = json === undefined
    ? await evaluate(system, path, options)
    : { report: json, text: null, sources: [path] };
  if ("failure" in report) throw configError(report.place ?? path, report.failure);
  const values = report.settings.map(({ key, value, notJson }) => [
    key,
    notJson === undefined ? value : new NotJson(notJson),
  ]);
  return { values: Object.fromEntries(values), text, sources };
}

/** `undefined` for a text that is not JSON: esbuild, which bundles it as a module, knows the line and column. */
function parseJson(text: string): ConfigReport | undefined {
  try {
    return reportOf(JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch {
    return undefined;
  }
}

async function evaluate(
  system: System,
  path: string,
  { runtimeDirectory, cache = false, workingDirectory, refuse, signal }: ConfigFileOptions,
): Promise<Pick<LoadedConfig, "sources"> & { readonly report: ConfigReport; readonly text: string }> {
  const { files } = system;
  const directory = files.makePrivateDirectory(runtimeDirectory, "config-");
  try {
    const bundle = await bundleModule(
      system,
      { entry: path, runtimeDirectory, cache: cache && refuse === undefined },
      {
        action,
        plugins: (
          files,
        ) => [ownModule(files, path, configModule), ...(refuse === undefined ? [] : [refusing(refuse)])],
      },
    );
    files.writeText(bundleIn(directory), bundle.text, { mode: 0o644 });
    void addToCacheLater(system, bundle);
    const ended = await runProcess(system, { directory, path, cwd: workingDirectory, signal });
    const { text, sources } = bundle;
    return { report: readReport(files, directory) ?? { failure: ended }, text, sources };
  } catch (error) {
    if (!(error instanceof DenicornError) || isOfHost(error)) throw error;
    throw new DenicornError("config-file", error.message, { detail: error.detail, cause: error });
  } finally {
    files.remove(directory);
  }
}

/** The process itself gives up a promise that never resolves; this much later it is killed, as in a loop without end. */
const killMargin = 1_000;

/** Waits for the end of the process. Returns why it may have left no report. */
async function runProcess(
  system: System,
  { directory, path, cwd, signal: given }: {
    readonly directory: string;
    readonly path: string;
    readonly cwd: string | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<string> {
  const { host } = system;
  let child;
  try {
    const [command, ...args] = selfCommand(system);
    child = startLimited(system, {
      command,
      args: [...args, configProcessArgument, directory, path],
      env: host.environment(),
      cwd,
      sameSession: true,
    }, longestLoad + killMargin);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError("internal", `${action}: ${path}: no process can be started for it: ${reason}`, {
      cause: error,
    });
  }
  given?.addEventListener("abort", child.kill);
  if (given?.aborted === true) child.kill();
  const { code, signal, isLate } = await child.ended;
  given?.removeEventListener("abort", child.kill);
  if (given?.aborted === true) return "it is read again for a newer reload";
  if (isLate) return notLoaded;
  return signal === null
    ? `it ended its process with exit code ${code} while it was loaded: remove the call of Deno.exit()`
    : `its process was killed by ${signal} while it was loaded`;
}

/** Whether the config file has no part in it. */
function isOfHost({ code }: DenicornError): boolean {
  return code === "internal" || code === "bundler" || code === "host";
}

function readReport(files: Files, directory: string): ConfigReport | undefined {
  const path = reportIn(directory);
  if (files.stat(path) === null) return undefined;
  try {
    return JSON.parse(files.readTextSync(path));
  } catch {
    return {
      failure: "what it exports was not passed on: does it replace a part of the runtime, such as JSON?",
    };
  }
}

function refusing(refuse: (path: string) => string | null): Plugin {
  return {
    name: "denicorn-refused",
    setup(build) {
      build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
        const text = refuse(path);
        return text === null ? null : { errors: [{ text }] };
      });
    },
  };
}

function configError(place: string, reason: string): DenicornError {
  return new DenicornError("config-file", `${action}: ${place}: ${reason}`);
}
