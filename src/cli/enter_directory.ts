/** Changes to the directory of the app, and gives relative paths in settings a fixed meaning. */

import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import { syslogPrefix } from "../core/syslog.ts";
import { longestSocketPath } from "../settings/kinds/text.ts";
import { namedSettings, type Settings } from "../settings/settings.ts";
import type { PlacedSettings } from "../settings/values.ts";
import type { System } from "../system/system.ts";
import { inPlace, within } from "./place.ts";
import type { ReadSettings } from "./read_settings.ts";

/** Enters the directory that the settings were read for. Throws DenicornError `chdir`. */
export function enterDirectory(
  { host }: System,
  { settings, origins, files, place: { given, real } }: ReadSettings,
): PlacedSettings {
  try {
    if (real instanceof Error) throw real;
    host.chdir(real);
    const { app } = settings;
    return {
      directory: real,
      ...{ origins, files },
      settings: {
        ...withAbsolutePaths(settings, given),
        bind: settings.bind.map((address) =>
          "path" in address ? { path: absoluteSocket(address.path, given) } : address
        ),
        // An absolute path through the links must not lead to a newer release than the config file was read from.
        app: app?.startsWith("/") ? inPlace(given, real, app) : app,
      },
    };
  } catch (error) {
    const reason = reasonOf(error);
    const { chdir } = settings;
    throw new DenicornError(
      "chdir",
      chdir === undefined
        ? `cannot use the working directory: ${given} (${reason}): create it again, or start in another one`
        : `chdir: ${chdir} (${origins.chdir}) cannot be entered (${reason}): give a directory this user may enter`,
      { cause: error },
    );
  }
}

/** The app is looked for in the directory that was entered; a config file has been read already. */
const placedElsewhere: readonly string[] = ["app", "config"];

/**
 * Files of the server itself, such as logs, are opened again and again, and their links are followed each time: the
 * release that they were named in may be gone by then.
 */
function withAbsolutePaths(settings: Settings, directory: string): Settings {
  const paths = namedSettings.flatMap(({ key, completion }) => {
    const path = settings[key];
    if (completion !== "file" || placedElsewhere.includes(key)) return [];
    if (typeof path !== "string" || path === "-" || path.startsWith(syslogPrefix)) return [];
    return [[key, key === "controlSocket" ? absoluteSocket(path, directory) : within(directory, path)]];
  });
  return { ...settings, ...Object.fromEntries(paths) };
}

/** A socket in a deep directory can be reached only by a relative path. */
function absoluteSocket(path: string, directory: string): string {
  const absolute = within(directory, path);
  return new TextEncoder().encode(absolute).length > longestSocketPath ? path : absolute;
}
