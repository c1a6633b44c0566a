import type { ConfigFile } from "./settings.ts";

export type { ConfigFile };

/**
 * Gives the settings in `denicorn.config.ts` their types; it returns them as they are.
 *
 * ```ts
 * import { defineConfig } from "denicorn";
 *
 * export default defineConfig({ app: "main.ts", workers: "auto", gracefulTimeout: "2m" });
 * ```
 */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}
