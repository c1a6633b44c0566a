/** The runtime makes `request.url` of the scheme, `Host` and the target as they are; `received` does the same. */

import { Admission } from "../../../src/worker/http/admission.ts";
import { assertEquals } from "../../assert.ts";

function received(
  { host = "a", target = "/x", method = "GET", url = `http://${host}${target}`, headers = {} }: {
    host?: string | null;
    target?: string;
    method?: string;
    url?: string;
    headers?: Record<string, string>;
  },
): Request {
  const request = new Request("http://localhost/", { method });
  const fields = { ...headers, ...(host === null ? {} : { host }) };
  return Object.defineProperties(request, {
    url: { value: url, configurable: true },
    headers: { value: { get: (name: string) => fields[name as keyof typeof fields] ?? null } },
  });
}

Deno.test("a request with a valid Host is admitted, the same host again and another one", () => {
  const admission = new Admission("http://");
  for (const host of ["a", "a", "b:80", "a", "[::1]"]) {
    assertEquals(admission.check(received({ host })), null);
  }
});

Deno.test("a Host that would choose the path is refused, and the target is that of the request line", () => {
  const admission = new Admission("http://");
  assertEquals(admission.check(received({})), null);
  for (const host of ["a/admin", "a/admin#", "a?", "a#", "u@a", "a,b", ""]) {
    const refusal = admission.check(received({ host, target: "/public?q" }));
    assertEquals([host, refusal?.status, refusal?.target], [host, 400, "/public?q"]);
  }
});

Deno.test("the host of an absolute target counts, its scheme does not, and another scheme is refused", () => {
  const admission = new Admission("http://");
  const request = received({ url: "https://b/x" });
  assertEquals([admission.check(request), request.url], [null, "http://b/x"]);
  assertEquals(admission.check(received({ url: "ftp://b/x" }))?.status, 400);
  assertEquals(admission.check(received({ url: "http://u@b/x" }))?.status, 400);
  const encrypted = received({ url: "http://b/x" });
  assertEquals([new Admission("https://").check(encrypted), encrypted.url], [null, "https://b/x"]);
});

Deno.test("without Host, as over HTTP/2 and HTTP/1.0, the host of the URL counts", () => {
  const admission = new Admission("http://");
  assertEquals(admission.check(received({ host: null, url: "http://b:80/x" })), null);
  assertEquals(admission.check(received({ host: null, url: "http://b:x/x" }))?.status, 400);
});

Deno.test("a fragment is dropped, as the other runtime does", () => {
  const request = received({ target: "/x#/y" });
  assertEquals([new Admission("http://").check(request), request.url], [null, "http://a/x"]);
});

Deno.test("CONNECT and codings that the runtime does not know are refused", () => {
  const admission = new Admission("http://");
  assertEquals(admission.check(received({ method: "OPTIONS" })), null);
  const coded = (coding: string) =>
    admission.check(received({ method: "POST", headers: { "transfer-encoding": coding } }))?.status;
  assertEquals([coded("chunked"), coded("gzip, chunked"), coded("chunked, chunked")], [undefined, 501, 400]);
  const both = { "transfer-encoding": "chunked", "content-length": "5" };
  assertEquals(admission.check(received({ method: "POST", headers: both }))?.status, 400);
});
