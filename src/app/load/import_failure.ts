/** What an app threw while it was imported, as an error that names the app's own file and line. */

import { DenicornError } from "../../core/errors.ts";
import { appFrames, causesOf, type Frame, stackText } from "../app_stack.ts";
import { type Fault, nativeAddonPhrase } from "../fault.ts";
import { packageNameOf } from "../resolve/package_specifier.ts";
import { filePath, isPackageFile, shownPath } from "../paths.ts";

export interface ImportPlace {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** The app as messages name it. */
  readonly source: string;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

export function importFailure(
  thrown: unknown,
  { bundle, source, workingDirectory }: ImportPlace,
): DenicornError {
  const frames = appFrames(thrown, bundle);
  const place = linkPlace(thrown) ?? frames.find(({ path }) => !isPackageFile(path)) ?? frames[0];
  const at = place === undefined
    ? source
    : `${shownPath(workingDirectory, place.path)}:${place.line}:${place.column}`;
  const { code, text } = faultFrom(thrown);
  return new DenicornError(code, `cannot load the app: ${at}: ${text}`, {
    detail: stackText(thrown, bundle),
    cause: thrown,
  });
}

function faultFrom(thrown: unknown): Fault {
  for (const cause of causesOf(thrown)) {
    // Some packages throw it on under a message that advises to install them again.
    if (cause.message.includes(nativeAddonPhrase)) {
      return { code: "app-import-unsupported", text: cause.message };
    }
  }
  const missing = /^Cannot find module '(.*)'/.exec(thrown instanceof Error ? thrown.message : "")?.[1];
  if (missing !== undefined && codeOf(thrown) === "MODULE_NOT_FOUND") {
    return { code: "app-package-missing", text: missingModule(missing) };
  }
  return { code: "app-throws", text: `it throws while it is imported: ${described(thrown)}` };
}

function missingModule(specifier: string): string {
  if (/^\.{0,2}\//.test(specifier)) return `no such file: "${specifier}"`;
  const name = packageNameOf(specifier);
  return `package "${name}" is not installed: run \`npm install ${name}\``;
}

/** Where modules do not fit together there is no stack: V8 ends the message with the place instead. */
const placeInMessage = / at (file:\/\/\/.*):(\d+):(\d+)$/;

function linkPlace(thrown: unknown): Pick<Frame, "path" | "line" | "column"> | undefined {
  const message = thrown instanceof SyntaxError ? thrown.message : "";
  const [, url, line, column] = placeInMessage.exec(message) ?? [];
  return url === undefined ? undefined : { path: filePath(url), line: Number(line), column: Number(column) };
}

/** On one line. */
function described(thrown: unknown): string {
  if (typeof thrown === "string") return `${JSON.stringify(thrown)} (a string, not an Error)`;
  if (typeof thrown !== "object" || thrown === null) return `${String(thrown)} (no Error)`;
  if (!(thrown instanceof Error)) {
    return `an object that is no Error (keys: ${Object.keys(thrown).join(", ")})`;
  }
  return `${thrown.name}: ${thrown.message.split("\n", 1)[0]?.replace(placeInMessage, "")}`;
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
