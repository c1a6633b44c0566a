import { address, peer } from "../kinds/address.ts";
import { file, text } from "../kinds/text.ts";
import { optional } from "../setting.ts";

export const adminSettings = {
  adminBind: optional(address, {
    description: "Address for health checks, metrics and administration, such as 127.0.0.1:9000.",
    unset: "off",
    reload: false,
  }),
  adminToken: optional(
    text({
      accepts: "16 to 256 letters, digits and -._~+/=",
      placeholder: "TOKEN",
      // What a bearer token may consist of (RFC 6750, 2.1); shorter ones can be guessed.
      matches: (token) => /^[A-Za-z0-9._~+/-]+=*$/.test(token) && token.length >= 16 && token.length <= 256,
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
