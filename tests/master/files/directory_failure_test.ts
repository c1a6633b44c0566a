import { DenicornError } from "../../../src/core/errors.ts";
import { orReport, writingTo } from "../../../src/master/files/directory_failure.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("a full or read-only file system is an error that an operator can act on, any other stays as it is", async () => {
  for (
    const [code, reason] of [
      ["ENOSPC", "No space left on device (os error 28)"],
      ["EDQUOT", "Disk quota exceeded (os error 122)"],
      ["EROFS", "Read-only file system (os error 30)"],
    ] as const
  ) {
    const cause = systemError(code, `${reason}: writefile '/run/x/generation-2.mjs'`);
    const error = await assertRejects(() => writingTo("/run/x", () => Promise.reject(cause)));
    assert(
      error instanceof DenicornError && error.code === "runtime-directory" && error.detail === undefined,
    );
    assertEquals(
      error.message,
      `cannot write to the runtime directory: /run/x (${
        reason.slice(0, reason.indexOf(" (os"))
      }): make space or ` +
        "let it be written to, or set XDG_RUNTIME_DIR to another directory and restart",
    );
  }
  const other = systemError("ENOENT", "No such file");
  assert(await assertRejects(() => writingTo("/run/x", () => Promise.reject(other))) === other);
});

Deno.test("what cannot be removed is reported, and nothing is thrown", () => {
  const lines: string[] = [];
  const report = (line: string) => void lines.push(line);
  orReport("/run/server.pid", report, () => {});
  orReport("/run/server.pid", report, () => {
    throw systemError("EROFS", "Read-only file system (os error 30): remove '/run/server.pid'");
  });
  assertEquals(lines, ["cannot remove /run/server.pid (Read-only file system): remove it by hand"]);
});
