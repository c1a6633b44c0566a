import fc from "fast-check";
import { nearest } from "../../src/settings/nearest.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals } from "../assert.ts";

const names = namedSettings.map(({ name }) => name);

Deno.test("a misspelled name finds the right one", () => {
  const meant = {
    "wrokers": "workers",
    "worker": "workers",
    "wokers": "workers",
    "bimd": "bind",
    "pdi": "pid",
    "bootTimeout": "boot-timeout",
    "BOOT_TIMEOUT": "boot-timeout",
    "gracefull-timeout": "graceful-timeout",
    "graceful": "graceful-timeout",
    "access-log-file": "access-logfile",
    "pidfile": "pid",
    "daemonize": "daemon",
  };
  for (const [slip, name] of Object.entries(meant)) assertEquals(nearest(slip, names), name, slip);
});

Deno.test("a name that resembles none gets no guess", () => {
  for (const name of ["", "x", "zz", "lambda", "websockets", "proxy-allow"]) {
    assertEquals(nearest(name, names), undefined, name);
  }
  assertEquals(nearest("workers", []), undefined);
});

Deno.test("a known name is its own nearest name, and any text gets a result", () => {
  for (const name of names) assertEquals(nearest(name, names), name);
  fc.assert(fc.property(fc.string({ maxLength: 5_000 }), (text) => {
    const guess = nearest(text, names);
    return guess === undefined || names.includes(guess);
  }));
});

Deno.test("one letter wrong in a longer name is always found", () => {
  const longer = names.filter((name) => name.length > 6);
  fc.assert(fc.property(fc.constantFrom(...longer), fc.nat(), (name, at) => {
    const position = at % name.length;
    fc.pre(name[position] !== "-");
    assertEquals(nearest(name.slice(0, position) + "#" + name.slice(position + 1), names), name);
  }));
});
