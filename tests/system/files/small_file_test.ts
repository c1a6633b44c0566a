import { readSmall } from "../../../src/system/files/small_file.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

linuxOnly(
  "a small file is read as a whole; a larger one, a link, a FIFO or a device is refused without waiting",
  () => {
    const folder = Deno.makeTempDirSync({ prefix: "denicorn-small-test-" });
    try {
      Deno.writeTextFileSync(`${folder}/file`, "12345");
      Deno.symlinkSync("file", `${folder}/link`);
      new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).outputSync();
      assertEquals(readSmall(`${folder}/file`, 5), "12345");
      assertEquals(readSmall(`${folder}/link`, 5), "12345");
      const refused = (name: string, limit: number, direct = false) =>
        String(assertThrows(() => readSmall(name, limit, direct)));
      assertMatch(refused(`${folder}/link`, 5, true), /Too many levels of symbolic links/);
      assertMatch(refused(`${folder}/file`, 4), /it is longer than 4 bytes/);
      for (const path of [`${folder}/fifo`, folder, "/dev/zero"]) {
        assertMatch(refused(path, 5), /not a regular file/);
      }
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
);
