import { assertEquals } from "../assert.ts";
import { refusal } from "./resolving.ts";

const origin = "config file denicorn.config.ts";
const refused: readonly (readonly [Record<string, unknown>, string])[] = [
  [
    { certfile: ["a.pem"], keyfile: ["a.key"] },
    `with certfile (${origin}): let the proxy end TLS, or leave proxy-protocol out`,
  ],
  [{ compress: true }, `with compress = on (${origin}): let the proxy compress, or leave proxy-protocol out`],
  [
    { forwardedAllowIps: [] },
    `without a proxy in forwarded-allow-ips (${origin}), because every connection would be closed: give the addresses ` +
    "of the proxies",
  ],
];

Deno.test("the PROXY protocol is refused where it cannot work", () => {
  for (const [config, reason] of refused) {
    assertEquals(
      refusal({ config: { proxyProtocol: true, ...config } }),
      `setting-invalid: proxy-protocol: on (${origin}) is not accepted ${reason}`,
    );
  }
});
