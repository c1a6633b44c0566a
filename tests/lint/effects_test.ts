import { assertAccepted, assertRefused } from "./linting.ts";

const effects: Readonly<Record<string, string>> = {
  "Deno.exit(1);": "Deno",
  "const { exit } = Deno; exit();": "Deno",
  "let listener: Deno.Listener;": "Deno",
  "globalThis.Deno.exit(1);": "Deno",
  "setTimeout(() => {}, 1);": "setTimeout",
  "const later = setTimeout; later(() => {}, 1);": "setTimeout",
  "globalThis.setTimeout(() => {}, 1);": "setTimeout",
  "setInterval(() => {}, 1);": "setInterval",
  "queueMicrotask(() => {});": "queueMicrotask",
  "AbortSignal.timeout(1);": "AbortSignal.timeout",
  "Date.now();": "Date.now",
  'Date["now"]();': "Date.now",
  "const clock = Date.now; clock();": "Date.now",
  "new Date();": "new Date()",
  "performance.now();": "performance.now",
  "Math.random();": "Math.random",
  "crypto.randomUUID();": "crypto.randomUUID",
  "crypto.getRandomValues(new Uint8Array(4));": "crypto.getRandomValues",
  'console.log("text");': "console",
  'globalThis.console.error("text");': "console",
  'globalThis.addEventListener("unload", end);': "addEventListener",
  'addEventListener("unload", end);': "addEventListener",
  'fetch("http://localhost");': "fetch",
  'await globalThis.fetch("http://localhost");': "fetch",
  "const app = { fetch }; app;": "fetch",
};

function assertEffectRefused(path: string, source: string, effect: string): void {
  assertRefused(path, source, "effects-in-system", `${effect} belongs in src/system/`);
}

Deno.test("an effect is refused outside src/system/", () => {
  for (const [source, effect] of Object.entries(effects)) {
    assertEffectRefused("src/core/a.ts", source, effect);
  }
});

Deno.test("an effect is accepted in src/system/, in main.ts and outside the program", () => {
  for (const path of ["src/system/a.ts", "main.ts", "scripts/a.ts", "tests/core/a_test.ts"]) {
    for (const source of Object.keys(effects)) assertAccepted(path, source);
  }
});

Deno.test("the name of an effect is no effect", () => {
  const sources = [
    "system.clock.setTimeout(() => {}, 1);",
    "const clock = { setTimeout() {}, setInterval: 1 }; clock;",
    "interface Clock { setTimeout(): void; Deno: string }",
    "class Clock { setTimeout() {} Deno = 1 }",
    'const text = "Deno.exit() after Date.now()"; text;',
    "new Date(now); Date.parse(text); Math.floor(x);",
    "app.fetch(request); AbortSignal.any(signals); socket.addEventListener(kind, act);",
    'import { fetch as ask } from "./ask.ts"; ask();',
  ];
  for (const source of sources) assertAccepted("src/core/a.ts", source);
});

Deno.test("what a file declares under the name of an effect is no effect", () => {
  const sources = [
    'import { fetch } from "./fetch.ts"; fetch();',
    'import type { fetch } from "./fetch.ts"; let ask: typeof fetch;',
    "function serve(fetch: Handler) { return fetch(request); }",
    "function serve({ fetch }: App) { return () => fetch(request); }",
    "function serve([fetch = none, ...rest]: Handler[]) { return fetch(rest); }",
    "const serve = (fetch: Handler) => fetch(request);",
    "class Server { start(fetch: Handler) { fetch(request); } }",
    "class Server { constructor(private fetch: Handler) { fetch(request); } }",
    "const { fetch } = app; fetch(request);",
    "const { handler: fetch } = app; fetch(request);",
    "if (found) { const fetch = app.fetch; fetch(request); }",
    "for (const fetch of handlers) fetch(request);",
    "for (let fetch = first; more; ) fetch(request);",
    "try { run(); } catch (console) { console.log(); }",
    "switch (kind) { case 1: const fetch = none; fetch(); }",
    "export function fetch() {} fetch();",
    "const ask = function fetch() { fetch(); };",
    "interface Server { start(fetch: Handler): void; on: (fetch: Handler) => void }",
    "function wait(Date: Clock) { return Date.now(); }",
  ];
  for (const source of sources) assertAccepted("src/worker/a.ts", source);
});

Deno.test("a declaration elsewhere in the file does not make an effect acceptable", () => {
  const sources = [
    "function serve(fetch: Handler) { return fetch; } fetch(url); serve;",
    "{ const fetch = none; fetch; } fetch(url);",
    "for (const fetch of handlers) fetch(request); fetch(url);",
  ];
  for (const source of sources) assertEffectRefused("src/worker/a.ts", source, "fetch");
});

Deno.test("what runs in a browser has effects of its own", () => {
  assertAccepted("src/control/page/browser/a.ts", "setTimeout(() => {}, 1);");
  assertEffectRefused("src/control/page/a.ts", "setTimeout(() => {}, 1);", "setTimeout");
});
