/** The worker's side: imports the bundle and takes the app out of it. */

import { DenicornError } from "../core/errors.ts";
import type { FetchHandler } from "../system/system.ts";
import { appFrames, type Frame, stackText } from "./app_stack.ts";
import { fileUrl, isPackageFile, shownPath } from "./paths.ts";
import { nativeAddonCode } from "./fault.ts";
import { validateApp } from "./validate_app.ts";

export interface ImportOptions {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Absolute path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

/** The app's handler. Throws DenicornError when the module throws, or holds no app. */
export async function importApp(options: ImportOptions): Promise<FetchHandler> {
  const source = shownPath(options.workingDirectory, options.source);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(fileUrl(options.bundle));
  } catch (error) {
    throw importFailure(error, { ...options, source });
  }
  return validateApp(module, options.exportName, source);
}

/** What the app's module threw while it was imported, as an error that names the app's own file and line. */
export function importFailure(
  thrown: unknown,
  { bundle, source, workingDirectory }: Pick<ImportOptions, "bundle" | "source" | "workingDirectory">,
): DenicornError {
  const frames = appFrames(thrown, bundle);
  const place = frames.find(({ path }) => !isPackageFile(path)) ?? frames[0];
  const at = place === undefined ? source : shownFrame(place, workingDirectory);
  if (isNativeAddon(thrown)) {
    return new DenicornError("app-import-unsupported", `cannot load the app: ${at}: ${thrown.message}`, {
      detail: stackText(thrown, bundle),
      cause: thrown,
    });
  }
  const what = thrown instanceof Error
    ? `${thrown.name}: ${thrown.message.split("\n", 1)[0]}`
    : `${String(thrown)} (a ${typeof thrown}, not an Error)`;
  return new DenicornError(
    "app-throws",
    `cannot load the app: ${at}: it throws while it is imported: ${what}`,
    {
      detail: stackText(thrown, bundle),
      cause: thrown,
    },
  );
}

function shownFrame({ path, line, column }: Frame, workingDirectory: string): string {
  return `${shownPath(workingDirectory, path)}:${line}:${column}`;
}

function isNativeAddon(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "code" in thrown && thrown.code === nativeAddonCode;
}
