import { formatAddress } from "../system/network/listen_error.ts";
import type { ListenAddress } from "../system/system.ts";
import type { Settings } from "./settings.ts";

/** All TCP addresses that workers listen on, unless a program asks for others. */
export function listenAddresses(
  { bind, redirectHttp }: Pick<Settings, "bind" | "redirectHttp">,
): readonly ListenAddress[] {
  return [...tcpOf(bind), ...redirectHttp.map((address) => ({ ...address, scheme: "redirect" as const }))];
}

export function tcpOf(bind: Settings["bind"]): readonly ListenAddress[] {
  return bind.filter((address): address is ListenAddress => "port" in address);
}

/** The descriptors in `bind` of sockets that listen already. */
export function inheritedIn({ bind }: Pick<Settings, "bind">): readonly number[] {
  return bind.flatMap((address) => "descriptor" in address ? [address.descriptor] : []);
}

/** The files of the Unix sockets in `bind`. */
export function socketPaths({ bind }: Pick<Settings, "bind">): readonly string[] {
  return bind.flatMap((address) => "path" in address ? [address.path] : []);
}

/** Whether there are sockets that the master has, and from which several workers accept. */
export function hasSharedSockets({ bind }: Pick<Settings, "bind">): boolean {
  return bind.some((address) => !("port" in address));
}

/** What stands for the number of a worker's own socket. */
const slotMark = "{slot}";

/** The sockets of one `path`: one for all workers, or `count` of them, which share the workers. */
export function socketsAt(path: string, count: number): readonly string[] {
  return path.includes(slotMark)
    ? Array.from({ length: count }, (_, number) => path.replaceAll(slotMark, String(number)))
    : [path];
}

/** Whether the settings ask for TLS there. */
export function isEncrypted({ scheme }: ListenAddress, { certfile }: Pick<Settings, "certfile">): boolean {
  return certfile.length > 0 && (scheme ?? "https") === "https";
}

/** As in a browser. A program's own addresses are for TLS, too, if there is a certificate. */
export function urlOf(address: ListenAddress, settings: Pick<Settings, "certfile">): string {
  return `${isEncrypted(address, settings) ? "https" : "http"}://${formatAddress(address)}`;
}
