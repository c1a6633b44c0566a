import { namedSettings } from "../settings/settings.ts";
import type { System } from "../system/system.ts";
import type { Credentials } from "./credentials.ts";

/** The environment of processes that run with `credentials`: that of this process, without secrets of the master. */
export function environmentFor(
  { host }: Pick<System, "host">,
  credentials: Credentials,
): Record<string, string> {
  const secrets = new Set(namedSettings.filter(({ secret }) => secret).map(({ variable }) => variable));
  const own = host.environment();
  const kept = Object.entries(own).filter(([name]) => !secrets.has(name));
  return { ...Object.fromEntries(kept), ...runtimeCache(own, host.standalone), ...credentials.variables };
}

/** From source, the modules of Denicorn are in the cache of the user who started it, whatever `HOME` is later. */
function runtimeCache(
  { DENO_DIR, XDG_CACHE_HOME, HOME }: Record<string, string>,
  standalone: boolean,
): Record<string, string> {
  if (standalone || DENO_DIR) return {};
  const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  return cache ? { DENO_DIR: `${cache}/deno` } : {};
}
