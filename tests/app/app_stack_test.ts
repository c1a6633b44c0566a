import { appFrames, shownStack } from "../../src/app/app_stack.ts";
import { errorIn } from "../../src/core/thrown.ts";
import { assertEquals } from "../assert.ts";

const own = new URL("../../src/worker/http/requests.ts", import.meta.url).href;
const program = new URL("../../main.ts", import.meta.url).href;
const bundle = "/run/app/bundle.js";

function thrown(...frames: readonly string[]): Error {
  const error = new TypeError("text");
  error.stack = ["TypeError: text", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

function places(...frames: readonly string[]): string[] {
  return appFrames(errorIn(thrown(...frames)), bundle).map(({ path, line }) => `${path}:${line}`);
}

Deno.test("frames of the runtime, of the bundle and of Denicorn are left out", () => {
  assertEquals(
    places(
      "new Headers (ext:deno_fetch/20_headers.js:1:1)",
      "inner (file:///app/main.ts:3:9)",
      `file://${bundle}:1:1`,
      "async file:///app/node_modules/x/y.js:5:1",
      `Requests.#call (${own}:200:14)`,
      "file:///elsewhere/caller.ts:1:1",
    ),
    ["/app/main.ts:3", "/app/node_modules/x/y.js:5"],
  );
});

Deno.test("an error of a function that Denicorn has replaced shows where the app has called it", () => {
  assertEquals(
    places(
      `Deno.upgradeWebSocket (${own}:1:1)`,
      "file:///app/main.ts:7:1",
      `call (${own}:9:9)`,
      `${program}:3:1`,
    ),
    ["/app/main.ts:7"],
  );
  assertEquals(places(`call (${own}:9:9)`, `${program}:3:1`), []);
});

Deno.test("what is no error is shown as its text", () => {
  assertEquals([shownStack(undefined, bundle), shownStack("text", bundle)], ["undefined", "text"]);
  assertEquals(
    shownStack(thrown("f (file:///app/main.ts:1:1)"), bundle),
    "TypeError: text\n    at f (file:///app/main.ts:1:1)",
  );
});

Deno.test("a cause that is no Error is shown, too", () => {
  const error = new Error("outer", { cause: { code: 5 } });
  error.stack = "";
  assertEquals(shownStack(error, bundle), "Error: outer\nCaused by: { code: 5 }");
});
