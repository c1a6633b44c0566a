/** The files of `env-file`, read again at each reload: their variables become values of the setting `env`. */

import { isOtherUser, resolveCredentials } from "../account/credentials.ts";
import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import { quote } from "../settings/mistake.ts";
import type { Settings } from "../settings/settings.ts";
import type { Resolved } from "../settings/values.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { System } from "../system/system.ts";
import { inPlace, type Place } from "./place.ts";

/** The runtime's own parser of this syntax; loading it takes 5 ms. */
const parser = lazyModule(() => import("node:util"));

/**
 * Variables that are set already keep their values, as with `deno run --env-file`; a later file overrides an earlier
 * one, and the setting `env` all of them. Throws DenicornError `setting-invalid`.
 */
export async function withEnvFiles<Settled extends Resolved>(
  system: System,
  resolved: Settled,
  { given, real }: Place,
): Promise<Settled> {
  const { settings, origins } = resolved;
  // A directory that cannot be entered is reported when that is tried.
  if (settings.envFile.length === 0 || real instanceof Error) return resolved;
  const { parseEnv } = await parser();
  const env = settings.envFile.flatMap((name) => {
    const text = textOf(system, settings, inPlace(given, real, name), (reason) => {
      throw new DenicornError("setting-invalid", `env-file: ${quote(name)} (${origins.envFile}) ${reason}`);
    });
    return Object.entries(parseEnv(text)).flatMap(([key, value]) =>
      value === undefined || system.host.env(key) !== undefined ? [] : [[key, value] as const]
    );
  });
  return { ...resolved, settings: { ...settings, env: [...env, ...settings.env] } };
}

function textOf(system: System, settings: Settings, path: string, refuse: (reason: string) => never): string {
  const { files } = system;
  try {
    const found = files.stat(path);
    if (found === null) refuse("does not exist: give the path of a file in dotenv syntax, or leave it out");
    if (!found.isFile) refuse("is not a regular file: give the path of a file in dotenv syntax");
    requireOwn(system, settings, path, refuse);
    return files.readTextSync(path);
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    return refuse(`cannot be read (${reasonOf(error)}): let this user read it`);
  }
}

/** Through a link, the workers' user could have root read a file that is not meant for it. */
function requireOwn(
  system: System,
  settings: Settings,
  path: string,
  refuse: (reason: string) => never,
): void {
  if (system.host.uid !== 0) return;
  const account = resolveCredentials(system, settings);
  if (!isOtherUser(system, account)) return;
  const writable = system.files.writableOnWay(path, account);
  if (writable === null) return;
  refuse(
    `is not accepted, because root would read it, and ${account.title} of the workers can write to ${writable}: run ` +
      `\`chown root:root\` and \`chmod go-w\` on ${writable}, or keep the file elsewhere`,
  );
}
