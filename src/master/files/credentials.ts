import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";

/** The user and group ids that workers run with, see credentials(7); those of the master where absent. */
export interface Credentials {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Looks up the `user` and `group` settings, each a name or a number. Without `group`, the primary group of the user is
 * taken. Throws DenicornError `user`.
 */
export function resolveCredentials(
  system: System,
  user: string | undefined,
  group: string | undefined,
): Credentials {
  if (user === undefined && group === undefined) return {};
  if (system.host.uid !== 0) {
    const given = user === undefined ? `group = ${group}` : `user = ${user}`;
    throw new DenicornError(
      "user",
      `cannot switch to another user: ${given}: start as root, or leave --user and --group out`,
    );
  }
  const found = user === undefined ? undefined : lookUp(system, "/etc/passwd", "user", user);
  const ownGroup = found?.[3] === undefined ? undefined : Number(found[3]);
  const uid = found === undefined ? undefined : Number(found[2]);
  const gid = group === undefined ? ownGroup : Number(lookUp(system, "/etc/group", "group", group)[2]);
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/** The fields of one line of passwd(5) or group(5); a number that is not listed is taken as it is. */
function lookUp(system: System, file: string, kind: "user" | "group", wanted: string): string[] {
  const lines = system.files.stat(file) === null ? [] : system.files.readTextSync(file).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([name, , id]) =>
    name === wanted || id === wanted
  );
  if (fields !== undefined) return fields;
  if (/^\d+$/.test(wanted)) return [wanted, "x", wanted];
  throw new DenicornError(
    "user",
    `cannot switch ${kind}: ${wanted}: not in ${file}: give a name listed there, or a number`,
  );
}
