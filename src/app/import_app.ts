/** The worker's side: imports the bundle and takes the app out of it. */

import { DenicornError } from "../core/errors.ts";
import type { FetchHandler } from "../system/system.ts";
import { appFrames, type Frame, stackText } from "./app_stack.ts";
import { filePath, fileUrl, isPackageFile, shownPath } from "./paths.ts";
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
  const place = linkPlace(thrown) ?? frames.find(({ path }) => !isPackageFile(path)) ?? frames[0];
  const at = place === undefined
    ? source
    : `${shownPath(workingDirectory, place.path)}:${place.line}:${place.column}`;
  const [code, what] = isNativeAddon(thrown)
    ? ["app-import-unsupported", thrown.message] as const
    : ["app-throws", `it throws while it is imported: ${described(thrown)}`] as const;
  return new DenicornError(code, `cannot load the app: ${at}: ${what}`, {
    detail: stackText(thrown, bundle),
    cause: thrown,
  });
}

/** Where modules do not fit together there is no stack: V8 ends the message with the place instead. */
const placeInMessage = / at (file:\/\/\/.*):(\d+):(\d+)$/;

function linkPlace(thrown: unknown): Pick<Frame, "path" | "line" | "column"> | undefined {
  const [, url, line, column] = thrown instanceof SyntaxError
    ? placeInMessage.exec(thrown.message) ?? []
    : [];
  return url === undefined ? undefined : { path: filePath(url), line: Number(line), column: Number(column) };
}

/** On one line. */
function described(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return `${
      typeof thrown === "string" ? JSON.stringify(thrown) : thrown
    } (a ${typeof thrown}, not an Error)`;
  }
  return `${thrown.name}: ${thrown.message.split("\n", 1)[0]?.replace(placeInMessage, "")}`;
}

function isNativeAddon(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "code" in thrown && thrown.code === nativeAddonCode;
}
