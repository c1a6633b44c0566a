/** What an address without TLS answers that is there only to lead clients to the one with TLS. */

import type { FetchHandler } from "../../system/system.ts";

const portOfHttps = 443;

/** Keeps method, host, path and query. Browsers follow it with the same method (RFC 9110, 15.4.9). */
export function redirectTo(port: number): FetchHandler {
  return ({ url }) => {
    const location = new URL(url);
    location.protocol = "https:";
    location.port = port === portOfHttps ? "" : String(port);
    return new Response(null, { status: 308, headers: { location: location.href } });
  };
}
