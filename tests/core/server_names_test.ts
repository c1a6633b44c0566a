import { certificateFor } from "../../src/core/server_names.ts";
import { assertEquals } from "../assert.ts";

interface Named {
  readonly id: string;
  readonly names: readonly string[];
}

Deno.test("a client gets the certificate for the name that it asks for, or else the first", () => {
  const certificates: [Named, ...Named[]] = [
    { id: "first", names: ["first.test"] },
    { id: "wild", names: ["*.wild.test", "127.0.0.1"] },
    { id: "exact", names: ["own.wild.test"] },
  ];
  const cases = {
    "first.test": "first",
    "FIRST.test.": "first",
    "a.wild.test": "wild",
    "own.wild.test": "exact",
    "wild.test": "first",
    "a.b.wild.test": "first",
    ".wild.test": "first",
    "unknown": "first",
    "": "first",
  };
  for (const [name, id] of Object.entries(cases)) {
    assertEquals(certificateFor(certificates, name).id, id, name);
  }
});
