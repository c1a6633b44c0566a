import { listensAtUnix } from "../../../src/system/network/unix/unix_answers.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

Deno.test("without the runtime, a Unix socket answers while a process listens there", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/channel.sock`;
    assertEquals(listensAtUnix(path), false, "no file");
    const listener = Deno.listen({ transport: "unix", path });
    assertEquals(listensAtUnix(path), true);
    listener.close();
    assertEquals(listensAtUnix(path), false, "nobody listens");
    Deno.writeTextFileSync(`${folder}/file`, "");
    assertThrows(() => listensAtUnix(`${folder}/file/x`), Error, "connect");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
