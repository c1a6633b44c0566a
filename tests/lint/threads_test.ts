import { assertAccepted, assertRefused } from "./linting.ts";

function assertThreadRefused(path: string, source: string, what: string): void {
  assertRefused(path, source, "no-threads", `${what} needs a thread`);
}

Deno.test("what needs a thread is refused in the program", () => {
  assertThreadRefused("src/system/a.ts", "await Deno.readFile(path);", "Deno.readFile");
  assertThreadRefused(
    "src/system/a.ts",
    "const read = Deno.readTextFile; await read(path);",
    "Deno.readTextFile",
  );
  assertThreadRefused("src/system/a.ts", "using file = await Deno.open(path);", "Deno.open");
  assertThreadRefused("src/core/a.ts", 'await crypto.subtle.digest("SHA-256", data);', "crypto.subtle");
  assertThreadRefused("src/system/a.ts", "const f = { parameters: [], nonblocking: true };", "nonblocking");
  assertThreadRefused("src/control/a.ts", 'await import("./b.ts");', "import()");
  assertThreadRefused("src/master/a.ts", 'await import("hono");', "import()");
});

Deno.test("synchronous forms, and modules that are loaded early enough, are accepted", () => {
  assertAccepted("src/system/a.ts", "Deno.readFileSync(path); Deno.openSync(path); file.stat();");
  assertAccepted("src/control/a.ts", 'const app = lazyModule(() => import("./b.ts")); await app();');
  assertAccepted("src/worker/a.ts", 'await import("../log/b.ts");');
  assertAccepted("src/cli/a.ts", 'await import("./b.ts");');
  assertAccepted("src/master/a.ts", 'type B = typeof import("./b.ts");');
  assertAccepted("scripts/a.ts", "await Deno.readFile(path);");
});
