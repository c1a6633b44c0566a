import type { TcpAddress } from "../system/system.ts";
import { type Check, type Finding, note, ok } from "./check.ts";

const folder = "/proc/sys/net/ipv4";

export const ports: Check = {
  name: "ports",
  why:
    "Every connection from this host takes a port of net.ipv4.ip_local_port_range: those of the app to a database " +
    "or another server, and those of a proxy on this host to Denicorn. A closed one is kept for 60 s, for each " +
    "destination. And a port that is set in `bind` must not be one that is given away like this.",
  change:
    "`sysctl -w net.ipv4.ip_local_port_range='15000 64999'`; keep a port of `bind` out of it with `sysctl -w " +
    "net.ipv4.ip_local_reserved_ports=PORT`. Better still, let clients and proxies keep connections open.",
  linuxOnly: true,
  onFailure: "note",
  run({ system, settings }) {
    const [from = 0, to = 0] = numbers(system.files.readTextSync(`${folder}/ip_local_port_range`));
    const reserved = system.files.readTextSync(`${folder}/ip_local_reserved_ports`);
    return judgePorts({ from, to }, reserved.trim(), settings.bind);
  },
};

function numbers(text: string): number[] {
  return text.trim().split(/\s+/).map(Number);
}

/** How long Linux keeps a closed connection, TCP_TIMEWAIT_LEN. */
const timeWaitSeconds = 60;
/** At 100 a second and fewer, a busy proxy that opens a connection for each request runs out. */
const fewestPerSecond = 100;

/** `reserved` is a list like `8000,9000-9010`. */
export function judgePorts(
  { from, to }: { from: number; to: number },
  reserved: string,
  bind: readonly TcpAddress[],
): Finding {
  const isKept = (port: number) =>
    reserved.split(",").some((range) => {
      const [first = "", last = first] = range.split("-");
      return first !== "" && port >= Number(first) && port <= Number(last);
    });
  const taken = bind.map(({ port }) => port).filter((port) => port >= from && port <= to && !isKept(port));
  if (taken.length > 0) {
    return note(`${from} to ${to}: an outgoing connection may hold port ${taken.join(", ")} of bind`);
  }
  const perSecond = Math.floor((to - from + 1) / timeWaitSeconds);
  const finding = `${from} to ${to}: enough for ${perSecond} new connections a second to one destination`;
  return perSecond < fewestPerSecond ? note(finding) : ok(finding);
}
