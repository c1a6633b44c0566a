import { reasonOf } from "../../src/core/reason.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the reason of a failure is shown without the system call and the error number", () => {
  const shown = {
    "No such file or directory (os error 2): open '/srv/current'": "No such file or directory",
    "Failed to spawn '/bin/x': Permission denied (os error 13)": "Permission denied",
    "No space left on device (os error 28)": "No space left on device",
    "it is not a regular file": "it is not a regular file",
  };
  for (const [message, reason] of Object.entries(shown)) assertEquals(reasonOf(new Error(message)), reason);
  assertEquals(reasonOf("text"), "text");
});
