/** The rest is in tests/integration/forwarded_test.ts: only a server of the runtime receives requests. */

import {
  directAddress,
  directUrl,
  follow,
} from "../../../../src/system/network/requests/forwarded_requests.ts";
import { assertEquals } from "../../../assert.ts";

Deno.test("what an app has made itself is not changed", () => {
  const request = new Request("http://localhost/x", { headers: { "x-forwarded-for": "192.0.2.7" } });
  follow(
    {
      trustsNobody: false,
      isTrusted: () => false,
      clientOf: () => ({ address: null, scheme: "https", host: "b" }),
    },
    request,
  );
  assertEquals([request.url, request.headers.get("x-forwarded-for")], ["http://localhost/x", "192.0.2.7"]);
  assertEquals(directUrl(request), "http://localhost/x");
  const remoteAddr = { transport: "tcp", hostname: "192.0.2.1", port: 4711 };
  assertEquals(directAddress({ remoteAddr }), remoteAddr);
});
