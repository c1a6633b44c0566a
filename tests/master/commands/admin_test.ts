import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { Admin } from "../../../src/master/commands/admin.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

function adminWith(text: string): Admin {
  const system = new FakeSystem();
  system.texts.set("/token", text);
  const config = {
    logLevel: "info",
    logFormat: "text",
    errorLogfile: "-",
    accessLogfile: undefined,
  } as const;
  const { logger } = openLog(system, config, { pid: 41 });
  return new Admin(system, logger, {
    adminBind: { hostname: "127.0.0.1", port: 9000 },
    adminToken: undefined,
    adminTokenFile: "/token",
  });
}

Deno.test("a file with a token takes what the setting takes, and the end of a line", () => {
  for (const text of ["correct-horse-battery", "correct-horse-battery\n", "a".repeat(256)]) adminWith(text);
  for (const text of ["", "short", "correct horse battery staple", "a".repeat(257), `${"a".repeat(16)}\n2`]) {
    const error = assertThrows(() => adminWith(text), DenicornError);
    assertEquals(error.code, "admin-token");
    assertMatch(error.message, /\/token \(it holds no token\): give a file .* a token of 16 to 256 letters/);
  }
});
