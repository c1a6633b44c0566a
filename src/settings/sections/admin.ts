import { address, peer } from "../kinds/address.ts";
import { file, text } from "../kinds/text.ts";
import { optional } from "../setting.ts";

/** Completes "give …". */
export const adminTokenAccepts = "16 to 256 letters, digits and -._~+/=";

/** What a bearer token may consist of (RFC 6750, 2.1); shorter ones can be guessed. */
export function isAdminToken(text: string): boolean {
  return /^[A-Za-z0-9._~+/-]+=*$/.test(text) && text.length >= 16 && text.length <= 256;
}

export const adminSettings = {
  adminBind: optional(address, {
    description: "Address for health checks, metrics and administration, such as 127.0.0.1:9000.",
    unset: "off",
    reload: false,
  }),
  adminToken: optional(
    text({
      accepts: adminTokenAccepts,
      placeholder: "TOKEN",
      matches: isAdminToken,
    }),
    {
      description:
        "Token that the admin address asks for before it changes anything, and for everything where " +
        "the address is not loopback. On the command line others can see it: better give it in the environment " +
        "or in a file.",
      unset: "none",
      reload: false,
      secret: true,
    },
  ),
  adminTokenFile: optional(file, {
    description: "File that holds the admin token, on one line.",
    unset: "none",
    reload: false,
  }),
  statsdHost: optional(peer, {
    description: "StatsD server that is told of requests and workers once a second over UDP.",
    unset: "off",
    reload: false,
  }),
};
