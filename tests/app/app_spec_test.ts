import { locateApp, parseAppSpec } from "../../src/app/app_spec.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { TestHost } from "./test_host.ts";

const system = createSystem();

Deno.test("an app is a path and optionally the name of an export", () => {
  assertEquals(parseAppSpec("app.ts"), { path: "app.ts", exportName: "default" });
  assertEquals(parseAppSpec("src/app.ts:web"), { path: "src/app.ts", exportName: "web" });
  assertEquals(parseAppSpec("/a:b/app.ts"), { path: "/a:b/app.ts", exportName: "default" });
  assertEquals(parseAppSpec("/a:b/app.ts:x"), { path: "/a:b/app.ts", exportName: "x" });
});

for (
  const [text, message] of [
    [
      ":app",
      "cannot find the app: :app: does not name a file: write path/to/module[:export], such as app.ts:app",
    ],
    ["", "cannot find the app: : does not name a file: write path/to/module[:export], such as app.ts:app"],
    ["a.ts:", "cannot find the app: a.ts:: does not name an export after the colon: write a.ts or a.ts:NAME"],
    [
      "https://x.test/a.ts",
      "cannot find the app: https://x.test/a.ts: is a URL: give the path of a local file",
    ],
  ] as const
) {
  Deno.test(`"${text}" names no app`, () => {
    const error = assertThrows(() => parseAppSpec(text), DenicornError);
    assertEquals([error.code, error.message], ["app-not-found", message]);
  });
}

/** What is said about `app` in a folder with these files; paths are shown from that folder. */
function reason(files: readonly string[], app: string, exportName = "default"): string {
  using host = new TestHost(Object.fromEntries(files.map((name) => [name, ""])));
  const path = `${host.folder}/${app}`;
  const error = assertThrows(
    () => locateApp(system, { path, exportName }, host.folder),
    DenicornError,
  );
  assertEquals([error.code, error.exitCode], ["app-not-found", 4]);
  return error.message.replaceAll(`${host.folder}/`, "").replaceAll(host.folder, "<app>");
}

Deno.test("a missing file: the nearest name is suggested", () => {
  assertEquals(
    reason(["main.ts", "x.json"], "mian.ts"),
    "cannot find the app: mian.ts: no such file: did you mean main.ts?",
  );
  assertEquals(
    reason(["src/app.tsx"], "src/app.ts"),
    "cannot find the app: src/app.ts: no such file: did you mean src/app.tsx?",
  );
  assertEquals(reason(["main.ts"], "main"), "cannot find the app: main: no such file: did you mean main.ts?");
});

Deno.test("a missing file: without a similar name, the files there are listed", () => {
  const accepted = "cannot find the app: server.ts: no such file";
  assertEquals(reason(["main.ts", "a.js"], "server.ts"), `${accepted}: <app> has a.js, main.ts`);
  assertEquals(reason(["x.json"], "server.ts"), `${accepted}, and no file in <app> could be an app`);
  assertEquals(
    reason([], "no/server.ts"),
    "cannot find the app: no/server.ts: no such file: its directory no does not exist",
  );
});

Deno.test("a missing file: a module as Gunicorn names it is explained", () => {
  assertEquals(
    reason(["main.ts"], "app", "application"),
    "cannot find the app: app: no such file: give the file of the module, as in app.ts:application",
  );
  assertEquals(
    reason(["main.ts"], "main", "app"),
    "cannot find the app: main: no such file: did you mean main.ts?",
  );
});

Deno.test("a directory or another kind of file", () => {
  const kinds = "an app is a .ts .tsx .js .mjs .jsx .mts .cjs .cts file";
  assertEquals(
    reason(["src/main.ts"], "src"),
    "cannot find the app: src: is a directory: did you mean src/main.ts?",
  );
  assertEquals(reason(["src/x.ts"], "src/"), `cannot find the app: src/: is a directory: ${kinds}`);
  assertEquals(reason(["app.py"], "app.py"), `cannot find the app: app.py: has the extension .py: ${kinds}`);
  assertEquals(reason(["app"], "app"), `cannot find the app: app: has no extension: ${kinds}`);
});

Deno.test("the result is an absolute path without links", () => {
  using host = new TestHost({ "real/main.ts": "", "link": { link: "real" } });
  const spec = parseAppSpec(`${host.folder}/link/../link/main.ts`);
  assertEquals(locateApp(system, spec, host.folder), `${host.folder}/real/main.ts`);
});
