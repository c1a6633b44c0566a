import type { Settings } from "../settings/settings.ts";

/** The settings that say what is logged, how and where. */
export type LogConfig = Pick<Settings, "logLevel" | "logFormat" | "errorLogfile" | "accessLogfile">;

/** Those of the error log. */
export type ErrorLogConfig = Omit<LogConfig, "accessLogfile">;
