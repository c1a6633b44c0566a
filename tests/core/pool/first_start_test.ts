import { startableAtFirst } from "../../../src/core/pool/first_start.ts";
import { assertEquals } from "../../assert.ts";

const atStart = { target: 4, cores: 2, bundledFor: null, hasServed: false, needsBundle: false };

Deno.test("until a first worker serves, a core stays free for the master", () => {
  assertEquals(startableAtFirst(atStart), 1);
  assertEquals(startableAtFirst({ ...atStart, cores: 4 }), 3);
  assertEquals(startableAtFirst({ ...atStart, bundledFor: 0 }), 1);
  assertEquals(startableAtFirst({ ...atStart, bundledFor: 0, hasServed: true }), 4);
});

Deno.test("an app that takes long to import does not hold up the other workers", () => {
  assertEquals(startableAtFirst({ ...atStart, bundledFor: 249 }), 1);
  assertEquals(startableAtFirst({ ...atStart, bundledFor: 250 }), 4);
});

Deno.test("no worker starts whose heap depends on what is bundled", () => {
  assertEquals(startableAtFirst({ ...atStart, needsBundle: true }), 0);
  assertEquals(startableAtFirst({ ...atStart, needsBundle: true, bundledFor: 0 }), 1);
  assertEquals(startableAtFirst({ ...atStart, needsBundle: true, bundledFor: 0, hasServed: true }), 4);
});

Deno.test("with one core one worker starts, and never more than there should be", () => {
  assertEquals(startableAtFirst({ ...atStart, cores: 1 }), 1);
  assertEquals(startableAtFirst({ ...atStart, cores: 64 }), 4);
  assertEquals(startableAtFirst({ ...atStart, target: 0 }), 0);
});
