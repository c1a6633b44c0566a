/**
 * The folders that workers serve files from. The master looks at them before any worker of the generation starts, so that a
 * wrong one fails the reload, and finds out where their links lead: the files then belong to the app, also if a deployment
 * moves the link before it reloads.
 */

import { absolutePath } from "../../app/paths.ts";
import type { StaticFolder } from "../../core/http/static_path.ts";
import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Settings } from "../../settings/settings.ts";
import type { System } from "../../system/system.ts";

/** Files that no client may read. */
const secret = ["keyfile", "adminTokenFile", "config", "envFile"] as const;
const names = {
  keyfile: "keyfile",
  adminTokenFile: "admin-token-file",
  config: "config",
  envFile: "env-file",
};

/** With absolute paths. `directory` is where relative ones begin. Throws DenicornError `setting-invalid`. */
export function staticFolders(
  system: Pick<System, "files">,
  settings: Pick<Settings, "static" | typeof secret[number]>,
  directory: string,
): readonly StaticFolder[] {
  return settings.static.map(({ path, folder }) => {
    const real = realFolder(system, { path, folder }, directory);
    for (const key of secret) {
      for (const file of [settings[key] ?? []].flat()) {
        const at = realOf(system, absolutePath(directory, file));
        if (at !== null && isServed(at, real)) {
          throw refused(
            { path, folder },
            `clients could read ${names[key]} ${file}`,
            "give a folder without it",
          );
        }
      }
    }
    return { path, folder: real };
  });
}

function realFolder({ files }: Pick<System, "files">, given: StaticFolder, directory: string): string {
  const path = absolutePath(directory, given.folder);
  let found;
  let real;
  try {
    found = files.stat(path);
    real = found === null ? path : files.realPath(path);
  } catch (error) {
    throw refused(given, reasonOf(error), "give a folder that may be read");
  }
  if (found === null) throw refused(given, "there is no such folder", "create it, or give another one");
  if (!found.isDirectory) throw refused(given, "it is not a folder", "give the folder that the files are in");
  return real;
}

/** Nothing below a name that begins with a dot is. */
function isServed(path: string, folder: string): boolean {
  const front = folder === "/" ? folder : `${folder}/`;
  return path.startsWith(front) && !path.slice(folder === "/" ? 0 : folder.length).includes("/.");
}

function realOf({ files }: Pick<System, "files">, path: string): string | null {
  try {
    return files.realPath(path);
  } catch {
    return null;
  }
}

function refused({ path, folder }: StaticFolder, reason: string, remedy: string): DenicornError {
  return new DenicornError(
    "setting-invalid",
    `cannot serve static files: ${path || "/"}=${folder} (${reason}): ${remedy}`,
  );
}
