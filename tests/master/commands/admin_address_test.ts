import { DenicornError } from "../../../src/core/errors.ts";
import type { AdminAccess } from "../../../src/control/admin_app.ts";
import { adminAccess } from "../../../src/master/commands/admin_address.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

function accessWith(text: string): AdminAccess {
  const system = new FakeSystem();
  system.texts.set("/token", text);
  return adminAccess(system, {
    adminBind: { hostname: "127.0.0.1", port: 9000 },
    adminToken: undefined,
    adminTokenFile: "/token",
  });
}

Deno.test("a token file accepts what the setting accepts, and a line end", () => {
  for (const text of ["correct-horse-battery", "correct-horse-battery\n", "a".repeat(256)]) accessWith(text);
  for (const text of ["", "short", "correct horse battery staple", "a".repeat(257), `${"a".repeat(16)}\n2`]) {
    const error = assertThrows(() => accessWith(text), DenicornError);
    assertEquals(error.code, "admin-token");
    assertMatch(
      error.message,
      /\/token \(it contains no token\): give a file .* a token of 16 to 256 letters/,
    );
  }
});
