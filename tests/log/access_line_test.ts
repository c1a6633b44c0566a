import fc from "fast-check";
import { accessFormat, atoms, namedFormats } from "../../src/core/access_format.ts";
import { accessLine, type AccessRecord } from "../../src/log/access_line.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { accessRecord as record } from "./access_record.ts";

const writer = { worker: 3, pid: 42 };

function lineOf(format: string, changed: Partial<AccessRecord> = {}): string {
  return accessLine(accessFormat(format)!, writer)({ ...record, ...changed });
}

const text = (changed: Partial<AccessRecord> = {}) => lineOf("combined", changed);
const json = (changed: Partial<AccessRecord> = {}) => lineOf("json", changed);
const headers = (
  userAgent: string | null,
  referer: string | null = null,
  authorization: string | null = null,
) => ({
  requestHeaders: [authorization, referer, userAgent],
});

Deno.test("a line is in the combined format that other servers write", () => {
  const line = `192.0.2.7 - - [20/Nov/2026:23:33:58 +0000] "GET /a?b=1 HTTP/1.1" 200 5 "-" "curl/8"\n`;
  assertEquals(text(), line);
  // As the tools have it that read such lines.
  const combined = /^(\S+) (\S+) (\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"$/m;
  assertMatch(line, combined);
});

Deno.test("the combined format is written as its text says, whatever a request has", () => {
  const anything = fc.option(fc.string({ unit: "binary" }));
  const user = fc.option(fc.string()).map((name) =>
    name === null ? null : `Basic ${btoa(encodeURI(name.toWellFormed()))}`
  );
  const size = fc.option(fc.nat());
  fc.assert(fc.property(anything, anything, user, size, (referer, userAgent, authorization, size) => {
    const changed = { requestHeaders: [authorization, referer, userAgent], size };
    assertEquals(lineOf("combined", changed), lineOf(`%%${namedFormats.combined}`, changed).slice(1));
  }));
});

Deno.test("the common format is the combined one without the two headers", () => {
  assertEquals(lineOf("common"), `192.0.2.7 - - [20/Nov/2026:23:33:58 +0000] "GET /a?b=1 HTTP/1.1" 200 5\n`);
  assert(namedFormats.combined.startsWith(namedFormats.common));
});

Deno.test("a size of 0 is -, as in the common log format, and an unknown one, too", () => {
  const sizes = [0, null, 7].map((size) => lineOf("%(b)s %(B)s", { size }));
  assertEquals(sizes, ["- 0\n", "- -\n", "7 7\n"]);
});

Deno.test("each atom says what its table says", () => {
  const of = (atom: string, changed: Partial<AccessRecord> = {}) => lineOf(`%(${atom})s`, changed).trimEnd();
  const known = Object.fromEntries(
    Object.keys(atoms).filter((atom) => !"ufa".includes(atom)).map((atom) => [atom, of(atom)]),
  );
  assertEquals(known, {
    h: "192.0.2.7",
    l: "-",
    t: "[20/Nov/2026:23:33:58 +0000]",
    r: "GET /a?b=1 HTTP/1.1",
    m: "GET",
    U: "/a",
    q: "b=1",
    H: "HTTP/1.1",
    s: "200",
    B: "5",
    b: "5",
    T: "0",
    M: "1",
    D: "1250",
    L: "0.001250",
    p: "42",
    w: "3",
    I: "r-1",
    E: "-",
  });
  assertEquals(["f", "a"].map((atom) => of(atom, { requestHeaders: ["x y"] })), ["x\\x20y", "x\\x20y"]);
  assertEquals([of("q", { target: "/a" }), of("U", { target: "/a" })], ["-", "/a"]);
  assertEquals([of("E", { isBroken: true }), of("E", { closeCode: 1001 })], ["broken", "closed 1001"]);
});

Deno.test("the user name is that of Authorization: Basic, without the password", () => {
  const user = (authorization: string) => text(headers("x", null, authorization)).split(" ")[2];
  const basic = (name: string) => `Basic ${btoa(name)}`;
  assertEquals(user(basic("anna:secret")), "anna");
  assertEquals(user(basic("a b\n:secret")), "a\\x20b\\x0a");
  for (const other of ["Bearer x", "Basic !!", "Basic", basic(":secret")]) assertEquals(user(other), "-");
});

Deno.test("headers have their places, and are as the client has sent them", () => {
  const format = '"%({X-One}i)s" %({x-two}i)s %({x-one}i)s "%({ETag}o)s" 100%%';
  const line = lineOf(format, { requestHeaders: ["a b", null], responseHeaders: ['"e"'] });
  assertEquals(line, `"a b" - a\\x20b "\\x22e\\x22" 100%\n`);
  const { needs } = accessFormat(format)!;
  assertEquals([needs.requestHeaders, needs.responseHeaders], [["x-one", "x-two"], ["etag"]]);
  assertEquals([needs.protocol, needs.size], [false, false]);
});

Deno.test("the end of a request is in JSON where it is not as usual", () => {
  assertEquals(JSON.parse(json({ isBroken: true })).broken, true);
  assertEquals(JSON.parse(json({ closeCode: 1001 }))["close_code"], 1001);
});

Deno.test("a header of a client cannot forge an access line", () => {
  assertEquals(
    text(headers('x"\n1.2.3.4 - -')),
    `192.0.2.7 - - [20/Nov/2026:23:33:58 +0000] "GET /a?b=1 HTTP/1.1" 200 5 "-" "x\\x22\\x0a1.2.3.4 - -"\n`,
  );
});

Deno.test("no client makes a terminal act on a line of the access log", () => {
  assertMatch(text({ target: "/\x1b[2J" }), /"GET \/\\x1b\[2J HTTP/);
  assertMatch(text(headers("\x9b2J", "\u202e\u2028")), / "\\u202e\\u2028" "\\x9b2J"\n$/);
  const hostile = json({ target: "/\x1b[2J", requestHeaders: ["\u202e\u2028", "\x9b2J"] });
  assertEquals(JSON.parse(hostile).userAgent, "\x9b2J");
  assert(!/[\x1b\x9b\u202e\u2028]/.test(hostile), hostile);
});

Deno.test("whatever clients send, a line has as many fields as its format", () => {
  const anything = fc.string({ unit: "binary" });
  const format = '%(h)s %({one}i)s "%({two}i)s" %(U)s %(q)s %({three}o)s';
  fc.assert(fc.property(anything, anything, anything, fc.string(), (one, two, three, path) => {
    const line = lineOf(format, {
      requestHeaders: [one || "-", two],
      responseHeaders: [three || "-"],
      target: `/${path}`,
    });
    assertMatch(line, /^192\.0\.2\.7 [^ "\n]+ "[^"\n]*" [^ "\n]+ [^ "\n]+ [^ "\n]+\n$/);
  }));
});

Deno.test("the time taken has one digit after the point in JSON, and each line its own time", () => {
  const taken = [0, 0.04, 0.05, 9.96, 1_000.049, 86_400_000 * 30].map((duration) =>
    /"duration_ms":([\d.]+)/.exec(json({ duration }))?.[1]
  );
  assertEquals(taken, ["0.0", "0.0", "0.1", "10.0", "1000.0", "2592000000.0"]);
  const times = [0, 7, 999, 1_000, 5].map((ms) => JSON.parse(json({ time: record.time + ms })).time);
  assertEquals(times, [0, 7, 999, 1_000, 5].map((ms) => new Date(record.time + ms).toISOString()));
});

Deno.test("a JSON access line is what JSON.stringify makes of any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (target, userAgent) => {
    const line = json({ target, requestHeaders: [null, userAgent] });
    const parsed = JSON.parse(line);
    assertEquals([parsed.target, parsed.userAgent], [target.toWellFormed(), userAgent]);
    assert(!line.slice(0, -1).includes("\n"));
  }));
});

Deno.test("a JSON access line is one object", () => {
  assertEquals(JSON.parse(json({ requestHeaders: [null, "curl/8"] })), {
    time: "2026-11-20T23:33:58.000Z",
    remote: "192.0.2.7",
    method: "GET",
    target: "/a?b=1",
    protocol: "HTTP/1.1",
    status: 200,
    size: 5,
    referer: null,
    userAgent: "curl/8",
    worker: 3,
    requestId: "r-1",
    duration_ms: 1.3,
  });
});
