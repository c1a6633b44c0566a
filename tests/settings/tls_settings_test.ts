import { assertEquals } from "../assert.ts";
import { isEncrypted, listenAddresses, urlOf } from "../../src/settings/listen_addresses.ts";
import { refusal, resolve } from "./resolving.ts";

const pair = { certfile: "server.pem", keyfile: "server.key" };

Deno.test("with a certificate each address is for TLS, unless it begins with http://", () => {
  const { settings } = resolve({
    config: { ...pair, bind: [":8443", "http://[::1]:8000", "https://:9443"], redirectHttp: ":8080" },
  });
  assertEquals(listenAddresses(settings).map((address) => urlOf(address, settings)), [
    "https://0.0.0.0:8443",
    "http://[::1]:8000",
    "https://0.0.0.0:9443",
    "http://0.0.0.0:8080",
  ]);
  const plain = resolve({}).settings;
  assertEquals(listenAddresses(plain).map((address) => isEncrypted(address, plain)), [false]);
});

const refused: readonly (readonly [Record<string, unknown>, string])[] = [
  [
    { certfile: "a.pem" },
    'certfile: "a.pem" (config file denicorn.config.ts) is not accepted without its keyfile',
  ],
  [
    { ...pair, keyfile: ["a", "b"] },
    'keyfile: "b" (config file denicorn.config.ts) is not accepted without its certfile',
  ],
  [
    { bind: "https://:443" },
    'bind: "https://0.0.0.0:443" (config file denicorn.config.ts) is not accepted without a cert',
  ],
  [
    { ...pair, bind: "http://:80" },
    'certfile: "server.pem" (config file denicorn.config.ts) is not accepted, because each',
  ],
  [
    { redirectHttp: ":80" },
    'redirect-http: "0.0.0.0:80" (config file denicorn.config.ts) is not accepted without TLS',
  ],
  [
    { ...pair, bind: ":443", redirectHttp: ":443" },
    'redirect-http: "0.0.0.0:443" (config file denicorn.config.ts) is given',
  ],
  [
    { ...pair, redirectHttp: ":0", workers: 2 },
    'redirect-http: "0.0.0.0:0" (config file denicorn.config.ts) is not accepted with',
  ],
  [
    { ...pair, redirectHttp: "127.0.0.1:9000", adminBind: "127.0.0.1:9000" },
    'admin-bind: "127.0.0.1:9000" (config file denicorn.config.ts) is not accepted: redirect-http',
  ],
  [
    { ...pair, pid: "server.key" },
    'pid: "server.key" (config file denicorn.config.ts) is not accepted: keyfile',
  ],
];

for (const [config, message] of refused) {
  Deno.test(`refused: ${JSON.stringify(config)}`, () => {
    const error = refusal({ config });
    assertEquals(error.slice(0, message.length + 17), `setting-invalid: ${message}`);
  });
}
