import { address, peer } from "../kinds/address.ts";
import { httpUrl } from "../kinds/http_url.ts";
import { file, text } from "../kinds/text.ts";
import { optional } from "../setting.ts";

/** Completes "give …". */
export const adminTokenAccepts = "16 to 256 letters, digits and -._~+/=";

/** The characters of a bearer token (RFC 6750, 2.1); a shorter one could be guessed. */
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
        "Token that the admin address requires for changes, and for all but probes if the address is not loopback. " +
        "Other users can see it on the command line: set the environment variable or use a file instead.",
      unset: "none",
      reload: false,
      secret: true,
    },
  ),
  adminTokenFile: optional(file, {
    description: "File that contains the admin token, on one line.",
    unset: "none",
    reload: false,
  }),
  statsdHost: optional(peer, {
    description: "StatsD server to send metrics to, once per second, over UDP.",
    unset: "off",
    reload: false,
  }),
  otlpEndpoint: optional(httpUrl, {
    description:
      "Receiver of OpenTelemetry to send metrics to, such as http://127.0.0.1:4318. Without it the standard variables " +
      "decide, such as OTEL_EXPORTER_OTLP_ENDPOINT.",
    unset: "off, or the variables",
    reload: false,
  }),
};
