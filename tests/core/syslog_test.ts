import { syslogHead, syslogPlace } from "../../src/core/syslog.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a place of syslog is a Unix socket, or an IP address and a port", () => {
  const found = (text: string) => syslogPlace(text);
  assertEquals(found("syslog:/dev/log"), { server: { path: "/dev/log" }, facility: 3, tag: "denicorn" });
  assertEquals(found("syslog:192.0.2.1:514?facility=local7&tag=app"), {
    server: { hostname: "192.0.2.1", port: 514 },
    facility: 23,
    tag: "app",
  });
  assertEquals(found("syslog:[0:0::1]:514")?.server, { hostname: "::1", port: 514 });
});

Deno.test("what is no such place is none", () => {
  for (
    const text of [
      "/dev/log",
      "syslog:",
      "syslog:dev/log",
      "syslog:host:514",
      "syslog:192.0.2.1",
      "syslog:192.0.2.1:0",
      "syslog:192.0.2.300:514",
      "syslog:[::g]:514",
      "syslog:/dev/log?facility=printer",
      "syslog:/dev/log?tag=a%20b",
      "syslog:/dev/log?level=3",
      "syslog:/dev/log?a?b",
      `syslog:/${"x".repeat(108)}`,
    ]
  ) assertEquals(syslogPlace(text), null, text);
});

Deno.test("a message begins as RFC 5424 has it", () => {
  const sender = { host: "web-1", pid: 42, log: "access" };
  const head = syslogHead(syslogPlace("syslog:/dev/log?facility=local0&tag=app")!, sender);
  const time = "2026-11-20T23:33:58.000Z";
  assertEquals(head(6, time), `<134>1 ${time} web-1 app 42 access - `);
  const nameless = syslogHead(syslogPlace("syslog:/dev/log")!, { ...sender, host: "" });
  assertEquals(nameless(3, time), `<27>1 ${time} - denicorn 42 access - `);
});
