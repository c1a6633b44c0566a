/** Finds the app: `path/to/module[:export]`, as written on the command line or in a config file. */

import { DenicornError } from "../core/errors.ts";
import { nearest } from "../settings/nearest.ts";
import type { FileInfo, System } from "../system/system.ts";
import { absolutePath, directoryOf, extensionOf, nameOf } from "./paths.ts";

interface AppSpec {
  /** As written: absolute or relative. */
  readonly path: string;
  readonly exportName: string;
}

/** Extensions an app module may have. When one is left out, they are tried in this order. */
const appExtensions = [".ts", ".tsx", ".js", ".mjs", ".jsx", ".mts", ".cjs", ".cts"];

const accepted = `an app is a ${appExtensions.join(" ")} file`;

/** Splits `path/to/module[:export]`. Throws `app-not-found` for a text that cannot name a module. */
export function parseAppSpec(text: string): AppSpec {
  if (/^(https?|file|npm|jsr|data):/.test(text)) {
    throw notFound(text, "is a URL: give the path of a local file");
  }
  const colon = text.lastIndexOf(":");
  // A colon in the name of a directory is part of the path.
  const hasExport = colon !== -1 && !text.slice(colon).includes("/");
  const path = hasExport ? text.slice(0, colon) : text;
  const exportName = hasExport ? text.slice(colon + 1) : "default";
  if (path === "") {
    throw notFound(text, "does not name a file: write path/to/module[:export], such as app.ts:app");
  }
  if (exportName === "") {
    throw notFound(text, `does not name an export after the colon: write ${path} or ${path}:NAME`);
  }
  return { path, exportName };
}

/**
 * The absolute path of the app's source file, with links resolved; a relative one is looked for in `directory`. Throws
 * `app-not-found` with a hint.
 */
export function locateApp({ files }: System, spec: AppSpec, directory: string): string {
  const path = spec.path.startsWith("/") ? spec.path : absolutePath(directory, spec.path);
  const found = statOf(files, spec.path, path);
  if (found === null) throw notFound(spec.path, missingReason(files, spec, path));
  if (found.isDirectory) {
    const inside = files.list(path).filter((name) => /^(main|app|index|server|mod)\.\w+$/.test(name)).filter(
      isAppName,
    ).sort();
    const hint = inside[0] === undefined
      ? accepted
      : `did you mean ${spec.path.replace(/\/*$/, "/")}${inside[0]}?`;
    throw notFound(spec.path, `is a directory: ${hint}`);
  }
  if (!found.isFile) throw notFound(spec.path, `is not a regular file: ${accepted}`);
  if (!isAppName(path)) {
    const extension = extensionOf(path);
    throw notFound(
      spec.path,
      `${extension === "" ? "has no extension" : `has the extension ${extension}`}: ${accepted}`,
    );
  }
  return files.realPath(path);
}

function statOf(files: System["files"], written: string, path: string): FileInfo | null {
  try {
    return files.stat(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw notFound(written, `cannot be read (${reason}): let this user enter its directory`);
  }
}

function missingReason(
  files: System["files"],
  { path: written, exportName }: AppSpec,
  path: string,
): string {
  const directory = directoryOf(path);
  if (!files.stat(directory)?.isDirectory) return `no such file: its directory ${directory} does not exist`;
  const names = files.list(directory).filter(isAppName).sort();
  const name = nameOf(path);
  const stem = withoutExtension(name);
  const completed = appExtensions.map((extension) => stem + extension).find((name) => names.includes(name));
  const similar = nearest(stem, names.map(withoutExtension));
  const suggestion = completed ?? names.find((name) => withoutExtension(name) === similar);
  if (suggestion !== undefined) {
    return `no such file: did you mean ${written.slice(0, written.length - name.length)}${suggestion}?`;
  }
  // As in Gunicorn, which takes the name of a module: `app:application`.
  if (exportName !== "default" && extensionOf(name) === "") {
    return `no such file: give the file of the module, as in ${written}.ts:${exportName}`;
  }
  return names.length === 0
    ? `no such file, and no file in ${directory} could be an app`
    : `no such file: ${directory} has ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
}

function isAppName(path: string): boolean {
  return appExtensions.includes(extensionOf(path));
}

function withoutExtension(name: string): string {
  return name.slice(0, name.length - extensionOf(name).length);
}

function notFound(value: string, reason: string): DenicornError {
  return new DenicornError("app-not-found", `cannot find the app: ${value}: ${reason}`);
}
