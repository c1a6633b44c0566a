import { DenicornError, type ErrorCode, toDenicornError } from "../core/errors.ts";
import { fromDefault } from "../settings/values.ts";
import type { Resolved } from "../settings/values.ts";
import type { SettingKey } from "../settings/settings.ts";

/** The settings behind errors that parsing cannot find, only the attempt to use the value. */
const settingsBehind: Partial<Record<ErrorCode, readonly SettingKey[]>> = {
  "user": ["user", "group"],
  "account": ["user"],
  "log-unwritable": ["errorLogfile", "accessLogfile"],
  "pidfile": ["pid"],
  "control-socket": ["controlSocket"],
  "admin-bind": ["adminBind"],
  "certificate": ["certfile"],
  "admin-token": ["adminTokenFile"],
  "channel-url": ["channelUrl"],
  "bind-in-use": ["bind"],
  "bind-denied": ["bind"],
  "bind-unavailable": ["bind"],
};

/** The error, with where the settings behind it were given. */
export function withOrigin(error: DenicornError, { origins }: Resolved): DenicornError {
  const given = (settingsBehind[error.code] ?? []).map((key) => origins[key]).filter((origin) =>
    origin !== fromDefault
  );
  if (given.length === 0) return error;
  const { code, message, detail } = error;
  return new DenicornError(code, `${message} (given by ${given.join(", ")})`, { detail, cause: error });
}

/** The error to report. From source, with less than `-A`, the message of the runtime names the missing option. */
export function reported(thrown: unknown): DenicornError {
  if (!(thrown instanceof Error) || thrown.name !== "NotCapable") return toDenicornError(thrown);
  return new DenicornError("permission", `a permission is missing: ${thrown.message}`, { cause: thrown });
}
