import { listenAddresses } from "../../settings/listen_addresses.ts";
import type { TcpAddress } from "../../system/system.ts";
import { type Check, type Finding, note, ok } from "../check.ts";

const folder = "/proc/sys/net/ipv4";

export const ports: Check = {
  name: "ports",
  why:
    "Every connection from this host uses a port of net.ipv4.ip_local_port_range: connections of the app to a " +
    "database or another server, and of a proxy on this host to Denicorn. A port stays in use for 60 s after its " +
    "connection is closed, for each destination. A port of `bind` should not be in this range.",
  change:
    "`sysctl -w net.ipv4.ip_local_port_range='15000 64999'`; exclude a port of `bind` with `sysctl -w " +
    "net.ipv4.ip_local_reserved_ports=PORT`. Better still, let clients and proxies keep connections open.",
  linuxOnly: true,
  onFailure: "note",
  run({ system, settings }) {
    const [from = 0, to = 0] = numbers(system.files.readTextSync(`${folder}/ip_local_port_range`));
    const reserved = system.files.readTextSync(`${folder}/ip_local_reserved_ports`);
    return judgePorts({ from, to }, reserved.trim(), listenAddresses(settings));
  },
};

function numbers(text: string): number[] {
  return text.trim().split(/\s+/).map(Number);
}

/** TCP_TIMEWAIT_LEN: how long Linux keeps a closed connection. */
const timeWaitSeconds = 60;
/** With fewer, a busy proxy that opens a connection for each request runs out of ports. */
const fewestPerSecond = 100;

/** `reserved` is a list like `8000,9000-9010`. */
export function judgePorts(
  { from, to }: { from: number; to: number },
  reserved: string,
  bind: readonly TcpAddress[],
): Finding {
  const isReserved = (port: number) =>
    reserved.split(",").some((range) => {
      const [first = "", last = first] = range.split("-");
      return first !== "" && port >= Number(first) && port <= Number(last);
    });
  const usable = bind.map(({ port }) => port).filter((port) =>
    port >= from && port <= to && !isReserved(port)
  );
  if (usable.length > 0) {
    return note(`${from} to ${to}: an outgoing connection may use port ${usable.join(", ")} of bind`);
  }
  const perSecond = Math.floor((to - from + 1) / timeWaitSeconds);
  const finding = `${from} to ${to}: enough for ${perSecond} new connections a second to one destination`;
  return perSecond < fewestPerSecond ? note(finding) : ok(finding);
}
