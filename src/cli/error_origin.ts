import { DenicornError, type ErrorCode } from "../core/errors.ts";
import { fromDefault } from "../settings/given.ts";
import type { Resolved } from "../settings/resolve.ts";
import type { SettingKey } from "../settings/settings.ts";

/** The settings behind errors that only the attempt can find, not the parser. */
const settingsBehind: Partial<Record<ErrorCode, readonly SettingKey[]>> = {
  "user": ["user", "group"],
  "log-unwritable": ["errorLogfile", "accessLogfile"],
  "pidfile": ["pid"],
  "control-socket": ["controlSocket"],
  "admin-bind": ["adminBind"],
  "admin-token": ["adminTokenFile"],
  "bind-in-use": ["bind"],
  "bind-denied": ["bind"],
  "bind-unavailable": ["bind"],
};

/** The error with a word on where the settings behind it were given. */
export function withOrigin(error: DenicornError, { origins }: Resolved): DenicornError {
  const given = (settingsBehind[error.code] ?? []).map((key) => origins[key]).filter((origin) =>
    origin !== fromDefault
  );
  if (given.length === 0) return error;
  const { code, message, detail } = error;
  return new DenicornError(code, `${message} (given by ${given.join(", ")})`, { detail, cause: error });
}
