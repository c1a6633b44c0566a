import { cString, libc } from "../../src/system/libc.ts";
import { isWritable, outletOf, type Way, writeNow } from "../../src/system/stream_writes.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const O_NONBLOCK = 0o4000;
const O_RDONLY_NONBLOCK = O_NONBLOCK;
const O_RDWR_NOCTTY = 0o402;
const F_GETFL = 3;
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
    for (let count = -1; count !== 0; written += count) {
      count = writeNow({ descriptor: writer, way }, new Uint8Array(5_000));
    }
    return written;
  };
  return { reader, writer, fill };
}

for (const way of ["pipe", "polled"] as const) {
  linuxOnly(`a full pipe takes nothing more and makes nobody wait (${way})`, () => {
    const { reader, writer, fill } = scene(way);
    assertEquals(outletOf(writer, false), { descriptor: writer, way: "pipe" });
    const written = fill();
    assert(written >= 60_000, String(written));
    // What is left of a time is no whole number.
    assertEquals(isWritable(writer, 10.4), false);
    libc().close(reader);
    assertThrows(() => writeNow({ descriptor: writer, way }, new Uint8Array(1)), Error, "Broken pipe");
    libc().close(writer);
  });
}

for (const way of ["pipe", "polled"] as const) {
  linuxOnly(`what a full pipe takes ends with a line: other processes write to it, too (${way})`, () => {
    const { reader, writer } = scene(way);
    const lines = new TextEncoder().encode(`${"x".repeat(96)}\n`.repeat(2_000));
    let rest = lines;
    for (let count = -1; count !== 0; rest = rest.subarray(count)) {
      count = writeNow({ descriptor: writer, way }, rest);
    }
    assert(rest.length > 0 && rest.length <= lines.length - 60_000, String(rest.length));
    assertEquals(rest.length % 97, 0);
    libc().close(reader);
    libc().close(writer);
  });
}

linuxOnly("a line that is longer than a pipe is written in parts", () => {
  const { reader, writer } = scene("pipe");
  const line = new TextEncoder().encode(`${"x".repeat(100_000)}\n`);
  let written = 0;
  for (let count = -1; count !== 0; written += count) {
    count = writeNow({ descriptor: writer, way: "pipe" }, line.subarray(written));
  }
  assert(written >= 60_000, String(written));
  libc().close(reader);
  libc().close(writer);
});

linuxOnly("a terminal that nobody reads takes nothing more and makes nobody wait", () => {
  const library = Deno.dlopen("libc.so.6", {
    posix_openpt: { parameters: ["i32"], result: "i32" },
    unlockpt: { parameters: ["i32"], result: "i32" },
    ptsname: { parameters: ["i32"], result: "pointer" },
  });
  const { posix_openpt, unlockpt, ptsname } = library.symbols;
  const screen = posix_openpt(O_RDWR_NOCTTY);
  unlockpt(screen);
  const path = new Deno.UnsafePointerView(ptsname(screen)!).getCString();
  const terminal = libc().open(cString(path), O_RDWR_NOCTTY, 0);
  const outlet = outletOf(terminal, true)!;
  const line = new TextEncoder().encode(`${"x".repeat(996)}\n`);
  let written = 0;
  for (let count = -1; count !== 0; written += count) count = writeNow(outlet, line);
  assert(written >= 4_000, String(written));
  // Who shares the terminal still waits for it.
  assertEquals(libc().fcntl(terminal, F_GETFL, 0) & O_NONBLOCK, 0);
  for (const descriptor of [outlet.descriptor, terminal, screen]) libc().close(descriptor);
  library.close();
});

linuxOnly("files are left to the runtime", () => {
  const path = Deno.makeTempFileSync();
  const file = libc().open(cString(path), O_WRONLY, 0);
  assertEquals(outletOf(file, false), null);
  libc().close(file);
  Deno.removeSync(path);
});
