import { restrictLock } from "../../scripts/program_lock.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the program's lock holds what its packages need, and nothing that only tests use", () => {
  const lock = {
    version: "5",
    specifiers: { "npm:esbuild@1": "1.0.0", "npm:fast-check@2": "2.0.0" },
    npm: {
      "esbuild@1.0.0": { optionalDependencies: ["@esbuild/linux-x64"] },
      "@esbuild/linux-x64@1.0.0": {},
      "fast-check@2.0.0": { dependencies: ["pure-rand"] },
      "pure-rand@3.0.0": {},
    },
    workspace: { dependencies: ["npm:esbuild@1", "npm:fast-check@2"] },
  };
  assertEquals(restrictLock(lock, ["esbuild@1.0.0"]), {
    version: "5",
    specifiers: { "npm:esbuild@1": "1.0.0" },
    npm: {
      "esbuild@1.0.0": { optionalDependencies: ["@esbuild/linux-x64"] },
      "@esbuild/linux-x64@1.0.0": {},
    },
    workspace: { dependencies: ["npm:esbuild@1"] },
  } as never);
});
