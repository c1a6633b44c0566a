import { ChangedFiles } from "../../src/core/changed_files.ts";
import { assertEquals } from "../assert.ts";

const sources = ["/app/main.ts", "/app/lib/users.ts", "/app/deno.json"];

Deno.test("only files that the app was made from count", () => {
  const changes = new ChangedFiles(sources, false);
  assertEquals(sources.map((path) => changes.counts(path)), [true, true, true]);
  for (const path of ["/app/data.json", "/app/new.ts", "/app/main.ts~", "/app/library", "/other"]) {
    assertEquals(changes.counts(path), false, path);
  }
});

Deno.test("a directory of them counts when it is removed or replaced", () => {
  const changes = new ChangedFiles(sources, false);
  assertEquals(["/app/lib", "/app"].map((path) => changes.counts(path)), [true, true]);
});

Deno.test("after an error each new file counts that an import may mean", () => {
  const changes = new ChangedFiles(sources, true);
  for (const path of ["/app/new.ts", "/app/new.jsx", "/app/x.mjs", "/app/x.wasm"]) {
    assertEquals(changes.counts(path), true, path);
  }
  for (const path of ["/app/.main.ts.swp", "/app/4913", "/app/notes.txt", "/app/data.json"]) {
    assertEquals(changes.counts(path), false, path);
  }
});

Deno.test("each directory with a file is watched, or the nearest above that exists", () => {
  const changes = new ChangedFiles(sources, false);
  assertEquals(changes.directories(() => true), ["/app", "/app/lib"]);
  assertEquals(changes.directories((path) => path === "/app"), ["/app"]);
  assertEquals(changes.directories(() => false), ["/"]);
});
