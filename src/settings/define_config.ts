import type { ConfigHooks } from "./config_hooks.ts";
import type { ConfigFile } from "./settings.ts";

export type { ConfigFile, ConfigHooks };

/**
 * Checks the types of the settings and hooks in `denicorn.config.ts`; returns them unchanged.
 *
 * ```ts
 * import { defineConfig } from "denicorn";
 *
 * export default defineConfig({ app: "main.ts", workers: "auto", gracefulTimeout: "2m" });
 * ```
 */
export function defineConfig(config: ConfigFile & ConfigHooks): ConfigFile & ConfigHooks {
  return config;
}
