import { DenicornError } from "../core/errors.ts";
import { listenAddresses } from "../settings/listen_addresses.ts";
import type { Settings } from "../settings/settings.ts";
import type { Identity, System } from "../system/system.ts";

/** The rights that workers run with; those of the master where absent. */
export interface Credentials extends Identity {
  /** As an operator knows it, for messages: `user www-data`. */
  readonly title: string;
  /** The environment variables that name the user. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Looks up the `user` and `group` settings, each a name or a number. Without `group`, the primary group of the user is
 * taken. Throws DenicornError `user`.
 */
export function resolveCredentials(
  system: System,
  { user, group, bind, redirectHttp }: Pick<Settings, "user" | "group" | "bind" | "redirectHttp">,
): Credentials {
  if (user === undefined && group === undefined) return { title: "the user of the master", variables: {} };
  if (system.host.uid !== 0) {
    const given = user === undefined ? `group = ${group}` : `user = ${user}`;
    throw new DenicornError(
      "user",
      `cannot switch to another user: ${given}: start as root, or leave --user and --group out`,
    );
  }
  const gid = group === undefined ? undefined : Number(lookUp(system, "/etc/group", "group", group)[2]);
  if (user === undefined) return { title: `group ${group}`, variables: {}, ...idOf("gid", gid) };
  const [name = "", , uid, ownGroup, , home] = lookUp(system, "/etc/passwd", "user", user);
  const primary = gid ?? (ownGroup === undefined ? undefined : Number(ownGroup));
  const groups = primary === undefined || uid === "0" ? [] : groupsOf(system, name, primary);
  return {
    title: `user ${name}`,
    variables: variablesOf(name, home),
    uid: Number(uid),
    ...idOf("gid", primary),
    groups,
    lowPorts: uid !== "0" &&
      listenAddresses({ bind, redirectHttp }).some(({ port }) => port < firstFreePort(system)),
  };
}

/** The ids of `user:group`; `null` for the part that is not given. Throws DenicornError `user`. */
export function resolveOwner(
  system: System,
  owner: string,
): { readonly uid: number | null; readonly gid: number | null } {
  const [user = "", group] = owner.split(":");
  return {
    uid: user === "" ? null : Number(lookUp(system, "/etc/passwd", "user", user)[2]),
    gid: group === undefined ? null : Number(lookUp(system, "/etc/group", "group", group)[2]),
  };
}

/** Whether processes with these credentials have less rights than this process. */
export function isOtherUser({ host }: Pick<System, "host">, { uid }: Credentials): boolean {
  return uid !== undefined && uid !== host.uid;
}

/** The first port that every user may listen on. */
export function firstFreePort({ files }: Pick<System, "files">): number {
  try {
    return Number(files.readTextSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
  } catch {
    // Before Linux 4.11, and on other systems.
    return 1024;
  }
}

function idOf<Name extends string>(name: Name, id: number | undefined): { readonly [_ in Name]?: number } {
  return id === undefined ? {} : { [name]: id } as { readonly [_ in Name]: number };
}

/** As initgroups(3) does; empty without a group besides the primary one. */
function groupsOf(system: System, name: string, primary: number): number[] {
  const others = lines(system, "/etc/group").flatMap(([, , id, members = ""]) =>
    members.split(",").includes(name) && Number(id) !== primary ? [Number(id)] : []
  );
  return others.length === 0 ? [] : [primary, ...others];
}

/** A user that is not listed has no home; Docker gives it this one, too. */
function variablesOf(name: string, home = "/"): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}

/** The fields of one line of passwd(5) or group(5); a number that is not listed is taken as it is. */
function lookUp(system: System, file: string, kind: "user" | "group", wanted: string): string[] {
  const fields = lines(system, file).find(([name, , id]) => name === wanted || id === wanted);
  if (fields !== undefined) return fields;
  if (/^\d+$/.test(wanted)) return [wanted, "x", wanted];
  throw new DenicornError(
    "user",
    `cannot switch ${kind}: ${wanted}: not in ${file}: give a name listed there, or a number`,
  );
}

function lines({ files }: System, file: string): string[][] {
  const text = files.stat(file) === null ? "" : files.readTextSync(file);
  return text.split("\n").map((line) => line.split(":"));
}
