/** Log lines as messages of syslog (RFC 5424), and the levels that it shares with the journal of systemd. */

/** What a path begins with that is none: `syslog:/dev/log`, `syslog:192.0.2.1:514`, each perhaps with `?facility=local0&tag=app`. */
export const syslogPrefix = "syslog:";

/** A Unix datagram socket, or an IP address and a port of UDP. */
export type SyslogServer = { readonly path: string } | {
  /** An IP address, without brackets. */
  readonly hostname: string;
  readonly port: number;
};

interface SyslogPlace {
  readonly server: SyslogServer;
  readonly facility: number;
  readonly tag: string;
}

/** Numbers of RFC 5424, 6.2.1; those in between are for what no server is. */
const facilities: Readonly<Record<string, number>> = {
  user: 1,
  daemon: 3,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`local${index}`, 16 + index])),
};

/** RFC 5424, 6.2.1. */
export const severities = { fatal: 2, error: 3, warning: 4, info: 6, debug: 7, trace: 7 } as const;

/** `null` for a text that names no place, such as the path of a file. */
export function syslogPlace(text: string): SyslogPlace | null {
  if (!text.startsWith(syslogPrefix)) return null;
  const [where = "", query = "", ...more] = text.slice(syslogPrefix.length).split("?");
  const { facility = "daemon", tag = "denicorn", ...others } = Object.fromEntries(new URLSearchParams(query));
  const number = Object.hasOwn(facilities, facility) ? facilities[facility] : undefined;
  const server = serverOf(where);
  if (server === null || number === undefined || !/^[!-~]{1,48}$/.test(tag)) return null;
  return more.length + Object.keys(others).length > 0 ? null : { server, facility: number, tag };
}

function serverOf(where: string): SyslogServer | null {
  if (where.startsWith("/")) return where.length < 108 && !where.includes("\0") ? { path: where } : null;
  const [, host, digits] = /^(\[[\da-f:.]+\]|\d+\.\d+\.\d+\.\d+):(\d{1,5})$/i.exec(where) ?? [];
  const hostname = host === undefined
    ? undefined
    : URL.parse(`http://${host}/`)?.hostname.replace(/^\[|\]$/g, "");
  const port = Number(digits);
  return hostname === undefined || port < 1 || port > 65_535 ? null : { hostname, port };
}

/** Who sends messages. */
interface Sender {
  readonly host: string;
  readonly pid: number;
  /** The kind of the message: `error` or `access`, by its log. */
  readonly log: string;
}

/** What stands before the text of each message. `time` as in ISO 8601. */
export function syslogHead(
  { facility, tag }: SyslogPlace,
  { host, pid, log }: Sender,
): (severity: number, time: string) => string {
  const name = /^[!-~]{1,255}$/.test(host) ? host : "-";
  return (severity, time) => `<${facility * 8 + severity}>1 ${time} ${name} ${tag} ${pid} ${log} - `;
}
