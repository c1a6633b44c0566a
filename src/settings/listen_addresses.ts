import { formatAddress } from "../system/network/listen_error.ts";
import type { ListenAddress } from "../system/system.ts";
import type { Settings } from "./settings.ts";

/** All addresses that workers listen on, unless a program asks for others. */
export function listenAddresses(
  { bind, redirectHttp }: Pick<Settings, "bind" | "redirectHttp">,
): readonly ListenAddress[] {
  return [...bind, ...redirectHttp.map((address) => ({ ...address, scheme: "redirect" as const }))];
}

/** Whether the settings ask for TLS there. */
export function isEncrypted({ scheme }: ListenAddress, { certfile }: Pick<Settings, "certfile">): boolean {
  return certfile.length > 0 && (scheme ?? "https") === "https";
}

/** As in a browser. A program's own addresses are for TLS, too, if there is a certificate. */
export function urlOf(address: ListenAddress, settings: Pick<Settings, "certfile">): string {
  return `${isEncrypted(address, settings) ? "https" : "http"}://${formatAddress(address)}`;
}
