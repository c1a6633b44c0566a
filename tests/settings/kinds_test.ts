import fc from "fast-check";
import { address, isPort } from "../../src/settings/kinds/address.ts";
import { duration, parseDuration, showDuration } from "../../src/settings/kinds/duration.ts";
import {
  modeBits,
  percentage,
  surge,
  wholeNumber,
  wholeNumberOrCores,
} from "../../src/settings/kinds/number.ts";
import { parseSize, showSize, size, sizeOrAuto } from "../../src/settings/kinds/size.ts";
import {
  account,
  appReference,
  choice,
  oneOf,
  pair,
  socketPath,
  urlPath,
} from "../../src/settings/kinds/text.ts";
import type { Kind } from "../../src/settings/kinds/kind.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assert, assertEquals } from "../assert.ts";

const machine = { cores: 4 };

function assertParses<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  cases: readonly (readonly [given: string | number, value: Value])[],
): void {
  for (const [given, value] of cases) assertEquals(kind.parse(given, machine), value, `given ${given}`);
}

function assertRefuses<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  cases: readonly (string | number)[],
): void {
  for (const given of cases) {
    assertEquals(kind.parse(given, machine), undefined, `given ${JSON.stringify(given)}`);
  }
}

Deno.test("a whole number stays within its bounds and in decimal digits", () => {
  const kind = wholeNumber({ from: 1, to: 1024 });
  assertParses(kind, [["1", 1], ["1024", 1024], [7, 7], ["007", 7]]);
  assertRefuses(kind, [
    "0",
    "1025",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x10",
    "",
    " ",
    " 4",
    "4 ",
    "4\n",
    "٤",
    "auto",
  ]);
  assertRefuses(kind, [0, 1025, -1, 1.5, NaN, Infinity]);
});

Deno.test("auto means the cores, within the bounds", () => {
  const kind = wholeNumberOrCores({ from: 1, to: 8 });
  assertParses(kind, [["auto", 4], ["3", 3]]);
  assertEquals(kind.parse("auto", { cores: 64 }), 8);
  assertEquals(kind.parse("auto", { cores: 0 }), 1);
  assertRefuses(kind, ["Auto", "automatic", ""]);
});

Deno.test("a percentage is whole, with or without its sign", () => {
  const kind = percentage({ from: 1, to: 100 });
  assertParses(kind, [["70", 70], ["70%", 70], [70, 70], ["100%", 100]]);
  assertRefuses(kind, ["", "%", "0", "101%", "70 %", "70%%", "0.7", "-1%", 0, 0.7]);
  assertEquals([kind.show(70), kind.plain(70)], ["70%", 70]);
});

Deno.test("a surge is a number of workers or a percentage of them", () => {
  assertParses(surge, [["1", { workers: 1 }], [3, { workers: 3 }], ["25%", { percent: 25 }], ["100%", {
    percent: 100,
  }]]);
  assertRefuses(surge, ["", "0", "0%", "101%", "%", "1.5%", "25 %", "-1", "auto", 0, 0.25]);
  for (const value of [{ workers: 2 }, { percent: 50 }]) {
    assertEquals(surge.parse(surge.show(value), machine), value);
    assertEquals(surge.parse(surge.plain(value), machine), value);
  }
});

Deno.test("mode bits are octal and text", () => {
  assertParses(modeBits, [["022", 0o22], ["22", 0o22], ["0o27", 0o27], ["0", 0], ["777", 0o777], [
    "0777",
    0o777,
  ]]);
  assertRefuses(modeBits, ["8", "1000", "0x1", "-1", "", "0o", 22, 0]);
  assertEquals(modeBits.show(0o7), "007");
});

Deno.test("a duration is in seconds or has a unit", () => {
  const kind = duration({ from: 100, to: 7_200_000 });
  assertParses(kind, [
    ["30", 30_000],
    ["500ms", 500],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["0.1", 100],
    ["1.001", 1_001],
    ["0.5h", 1_800_000],
    [30, 30_000],
    [0.25, 250],
  ]);
  assertRefuses(kind, [
    "",
    "0",
    "99ms",
    "3h",
    "-1",
    "1d",
    "30 s",
    "s",
    "1.s",
    ".5",
    "1m30s",
    "5M",
    "1e3",
    "1,5",
  ]);
  assertRefuses(kind, [0, -1, NaN, Infinity, 1e21]);
  assertRefuses(kind, ["0.0001", "1.5ms", "100.5ms"]);
});

Deno.test("a duration of 0 is accepted only if it has a meaning, and nothing between 0 and the minimum", () => {
  const kind = duration({ from: 100, to: 1_000, zero: "to turn it off" });
  assertParses(kind, [["0", 0], ["0s", 0], ["0ms", 0], [0, 0]]);
  assertRefuses(kind, ["1ms", "99ms", "0.00001"]);
  assert(kind.accepts.endsWith("or 0 to turn it off"));
  assertRefuses(duration({ from: 100, to: 1_000 }), ["0"]);
});

Deno.test("durations and sizes are shown in a form that is accepted", () => {
  const cases = [[0, "0"], [1, "1ms"], [1_500, "1.5s"], [30_000, "30s"], [90_000, "90s"], [
    7_200_000,
    "2h",
  ]] as const;
  for (const [value, shown] of cases) assertEquals(showDuration(value), shown);
  fc.assert(fc.property(fc.nat(2 ** 31), (value) => assertEquals(parseDuration(showDuration(value)), value)));
  fc.assert(fc.property(fc.nat(2 ** 31), (value) => assertEquals(parseDuration(`${value}ms`), value)));
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => assertEquals(parseSize(showSize(value)), value)),
    { examples: [[1024 ** 4], [512 * 1024 ** 2], [1023], [0]] },
  );
});

Deno.test("a size is in bytes or has a unit of 1024", () => {
  const kind = size({ from: 1024, to: 1024 ** 4 });
  assertParses(kind, [
    ["4096", 4096],
    ["512K", 524_288],
    ["512M", 536_870_912],
    ["512MB", 536_870_912],
    ["1G", 1024 ** 3],
    ["1g", 1024 ** 3],
    ["1.5K", 1536],
    ["1T", 1024 ** 4],
    [2048, 2048],
  ]);
  assertRefuses(kind, [
    "",
    "0",
    "1",
    "2T",
    "512B",
    "512MBB",
    "512 M",
    "M",
    "-1K",
    "1.0001K",
    "1e3",
    "99999999999999T",
  ]);
  assertEquals(kind.accepts, "a size from 1K to 1T, such as 512M or 1G");
  const orNone = size({ from: 1024, to: 1024 ** 4, zero: "to turn it off" });
  assertEquals([orNone.parse("0", machine), kind.parse("0", machine)], [0, undefined]);
  assertEquals([orNone.parse("1", machine), orNone.show(0)], [undefined, "0"]);
  assertEquals(orNone.accepts, "a size from 1K to 1T, such as 512M or 1G, or 0 to turn it off");
});

Deno.test("a size may be left to Denicorn where that is accepted", () => {
  const kind = sizeOrAuto({ from: 1024, to: 1024 ** 4, zero: "for none" });
  assertParses(kind, [["auto", "auto"], ["512M", 536_870_912], ["0", 0], [0, 0]]);
  assertRefuses(kind, ["Auto", "", "1", 1]);
  assertEquals([kind.show("auto"), kind.plain("auto"), kind.show(2048)], ["auto", "auto", "2K"]);
  assertEquals(kind.accepts, "a size from 1K to 1T, such as 512M or 1G, or 0 for none, or auto");
});

Deno.test("an address has a host and a port", () => {
  assertParses(address, [
    ["127.0.0.1:8000", { hostname: "127.0.0.1", port: 8000 }],
    ["LocalHost:0", { hostname: "localhost", port: 0 }],
    [":80", { hostname: "0.0.0.0", port: 80 }],
    ["[::]:65535", { hostname: "::", port: 65_535 }],
    ["[0:0:0::0001]:1", { hostname: "::1", port: 1 }],
    ["my_service.internal:8000", { hostname: "my_service.internal", port: 8000 }],
  ]);
  assertRefuses(address, [
    "",
    ":",
    "8000",
    "localhost",
    "localhost:",
    "localhost:65536",
    "localhost:-1",
    "localhost: 80",
    "localhost:0x50",
    "::1:8000",
    "[::1]",
    "[::1]8000",
    "[::g]:80",
    "[1.2.3.4]:80",
    "256.0.0.1:80",
    "1.2.3:80",
    "01.2.3.4:80",
    "a..b:80",
    "-a:80",
    "a b:80",
    "http://localhost:80",
    "unix:/run/app.sock",
    "127.0.0.1:8000,127.0.0.1:8001",
    "localhost:80\n",
    8000,
  ]);
});

Deno.test("every address is read back from its text", () => {
  const port = fc.nat(65_535);
  const host = fc.oneof(fc.ipV4(), fc.domain(), fc.ipV6().map((ip) => `[${ip}]`), fc.constant(""));
  fc.assert(fc.property(host, port, (host, port) => {
    const value = address.parse(`${host}:${port}`, machine);
    fc.pre(value !== undefined);
    assertEquals(value.port, port);
    assertEquals(address.parse(address.show(value), machine), value);
  }));
});

Deno.test("a port is a number as a platform passes it", () => {
  for (const port of ["0", "80", "65535"]) assert(isPort(port), port);
  for (const port of ["", "-1", "65536", "1e3", "80 ", "http"]) assert(!isPort(port), port);
});

Deno.test("a choice is one of its words, letter by letter", () => {
  const kind = choice("FORMAT", ["text", "json"]);
  assertParses(kind, [["text", "text"], ["json", "json"]]);
  assertRefuses(kind, ["", "Text", "texts", "toString", 0]);
  assertEquals(oneOf(["a"]), "a");
  assertEquals(oneOf(["a", "b"]), "a or b");
  assertEquals(oneOf(["a", "b", "c"]), "a, b or c");
});

Deno.test("texts that the system would truncate or misread are refused", () => {
  assertParses(appReference, [["main.ts", "main.ts"], ["src/main.ts:app", "src/main.ts:app"], [
    "123",
    "123",
  ]]);
  assertRefuses(appReference, ["", ":app", "main.ts:", "main\0.ts", 123]);
  assertParses(socketPath, [["/run/denicorn.sock", "/run/denicorn.sock"], [
    "x".repeat(107),
    "x".repeat(107),
  ]]);
  assertRefuses(socketPath, ["", "x".repeat(108), "ä".repeat(54)]);
  assertParses(account("USER"), [["www-data", "www-data"], ["1000", "1000"], [1000, "1000"], [
    "_app$",
    "_app$",
  ]]);
  assertRefuses(account("USER"), ["", "a b", "root:root", "-1", "0x1", "a\n", -1, 1.5, NaN]);
});

Deno.test("the path of a URL begins with a slash and needs no escaping", () => {
  assertParses(urlPath, [["/", "/"], ["/healthz?deep=1&x=%20", "/healthz?deep=1&x=%20"]]);
  assertRefuses(urlPath, ["", "healthz", "/a b", "/a\n", "/ä", "/a#b", "http://localhost/", 1]);
  fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (rest) => {
    const path = urlPath.parse(`/${rest}`, machine);
    if (path !== undefined) {
      assert(new Request(`http://localhost${path}`).url.startsWith("http://localhost/"));
    }
  }));
});

Deno.test("a pair has a key that a shell could set", () => {
  assertParses(pair, [["A=1", ["A", "1"]], ["A=", ["A", ""]], ["_a1=b=c", ["_a1", "b=c"]], ["A=x\ny", [
    "A",
    "x\ny",
  ]]]);
  assertRefuses(pair, ["", "A", "=1", "1A=1", "A B=1", "A=\0", "A-B=1"]);
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]*$/), fc.string(), (key, value) => {
    fc.pre(!value.includes("\0"));
    assertEquals(pair.parse(`${key}=${value}`, machine), [key, value]);
  }));
});

Deno.test("no value of any kind makes a setting throw", () => {
  fc.assert(fc.property(fc.anything(), fc.constantFrom(...namedSettings), (given, setting) => {
    const reading = setting.read(given, machine);
    if ("value" in reading) assertEquals(typeof setting.show(reading.value), "string");
  }));
});
