import { cString, libc } from "../../src/system/libc.ts";
import { isWritable, type Way, wayOf, writeNow } from "../../src/system/stream_writes.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const O_RDONLY_NONBLOCK = 0o4000;
const O_WRONLY = 1;

/** A pipe by name: `fill` writes until its reader would have to read. */
function scene(way: Way) {
  const folder = Deno.makeTempDirSync({ prefix: "pipe-" });
  const path = `${folder}/pipe`;
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  const reader = libc().open(cString(path), O_RDONLY_NONBLOCK, 0);
  const writer = libc().open(cString(path), O_WRONLY, 0);
  Deno.removeSync(folder, { recursive: true });
  const fill = () => {
    let written = 0;
    for (let count = -1; count !== 0; written += count) count = writeNow(writer, way, new Uint8Array(5_000));
    return written;
  };
  return { reader, writer, fill };
}

for (const way of ["pipe", "polled"] as const) {
  linuxOnly(`a full pipe takes nothing more and makes nobody wait (${way})`, () => {
    const { reader, writer, fill } = scene(way);
    assertEquals(wayOf(writer, false), "pipe");
    const written = fill();
    assert(written >= 60_000, String(written));
    assertEquals(isWritable(writer, 10), false);
    libc().close(reader);
    assertThrows(() => writeNow(writer, way, new Uint8Array(1)), Error, "Broken pipe");
    libc().close(writer);
  });
}

linuxOnly("files are left to the runtime", () => {
  const path = Deno.makeTempFileSync();
  const file = libc().open(cString(path), O_WRONLY, 0);
  assertEquals([wayOf(file, false), wayOf(file, true)], [null, "polled"]);
  libc().close(file);
  Deno.removeSync(path);
});
