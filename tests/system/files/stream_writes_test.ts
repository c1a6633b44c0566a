import { cString, libc } from "../../../src/system/libc.ts";
import {
  awaitReader,
  outlet,
  outletOf,
  type Way,
  writeNow,
} from "../../../src/system/files/stream_writes.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const O_NONBLOCK = 0o4000;
const O_RDONLY_NONBLOCK = O_NONBLOCK;
const O_RDWR_NOCTTY = 0o402;
const F_GETFL = 3;
const O_WRONLY = 1;

/** A named pipe: `fill` writes until it takes no more. */
function namedPipe(way: Way) {
  const folder = Deno.makeTempDirSync({ prefix: "pipe-" });
  const path = `${folder}/pipe`;
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  const reader = libc().open(cString(path), O_RDONLY_NONBLOCK, 0);
  const writer = libc().open(cString(path), O_WRONLY, 0);
  Deno.removeSync(folder, { recursive: true });
  const to = outlet(writer, way);
  const fill = () => {
    let written = 0;
    for (let count = -1; count !== 0; written += count) {
      count = writeNow(to, new Uint8Array(5_000));
    }
    return written;
  };
  return { reader, writer, to, fill };
}

for (const way of ["pipe", "polled"] as const) {
  linuxOnly(`a full pipe takes no more and does not block the writer (${way})`, () => {
    const { reader, writer, to, fill } = namedPipe(way);
    assertEquals(outletOf(writer, false), { descriptor: writer, way: "pipe", lock: to.lock });
    const written = fill();
    assert(written >= 60_000, String(written));
    // The rest of a timeout is rarely a whole number.
    assertEquals(awaitReader(to, 10.4), false);
    libc().close(reader);
    assertThrows(() => writeNow(to, new Uint8Array(1)), Error, "Broken pipe");
    libc().close(writer);
  });
}

for (const way of ["pipe", "polled"] as const) {
  linuxOnly(
    `a pipe that fills up takes only complete lines, because other processes write to it, too (${way})`,
    () => {
      const { reader, writer, to } = namedPipe(way);
      const lines = new TextEncoder().encode(`${"x".repeat(96)}\n`.repeat(2_000));
      let rest = lines;
      for (let count = -1; count !== 0; rest = rest.subarray(count)) {
        count = writeNow(to, rest);
      }
      assert(rest.length > 0 && rest.length <= lines.length - 60_000, String(rest.length));
      assertEquals(rest.length % 97, 0);
      libc().close(reader);
      libc().close(writer);
    },
  );
}

linuxOnly("a line that does not fit into the pipe is written in parts", () => {
  const { reader, writer, to } = namedPipe("pipe");
  const line = new TextEncoder().encode(`${"x".repeat(100_000)}\n`);
  let written = 0;
  for (let count = -1; count !== 0; written += count) {
    count = writeNow(to, line.subarray(written));
  }
  assert(written >= 60_000, String(written));
  libc().close(reader);
  // Ends the line: another pipe may get the same inode.
  assertThrows(() => writeNow(to, line), Error, "Broken pipe");
  libc().close(writer);
});

linuxOnly("while one has written a part of a line, another one on the same pipe writes nothing", () => {
  const { reader, writer, to } = namedPipe("pipe");
  const other = outlet(writer, "pipe");
  const long = new TextEncoder().encode(`${"x".repeat(70_000)}\n`);
  const short = new TextEncoder().encode("short\n");
  let rest = long.subarray(writeNow(to, long));
  assert(rest.length > 0);
  const page = new Uint8Array(16_384);
  for (let pages = 0; rest.length > 0; pages++) {
    assert(pages < 100);
    libc().read(reader, page, BigInt(page.length));
    assertEquals(writeNow(other, short), 0);
    rest = rest.subarray(writeNow(to, rest));
  }
  assertEquals(writeNow(other, short), short.length);
  libc().close(reader);
  libc().close(writer);
});

linuxOnly("if the reader goes away in the middle of a line, others may write again", () => {
  const { reader, writer, to } = namedPipe("pipe");
  const long = new TextEncoder().encode(`${"x".repeat(70_000)}\n`);
  assert(writeNow(to, long) < long.length);
  libc().close(reader);
  const other = outlet(writer, "pipe");
  assertEquals(writeNow(other, long), 0);
  assertThrows(() => writeNow(to, long), Error, "Broken pipe");
  assertThrows(() => writeNow(other, long), Error, "Broken pipe");
  libc().close(writer);
});

linuxOnly("a terminal that is not read takes no more and does not block the writer", () => {
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
  const screenEnd = outletOf(terminal, true)!;
  const line = new TextEncoder().encode(`${"x".repeat(996)}\n`);
  let written = 0;
  for (let count = -1; count !== 0; written += count) count = writeNow(screenEnd, line);
  assert(written >= 4_000, String(written));
  // Other programs on the terminal still block.
  assertEquals(libc().fcntl(terminal, F_GETFL, 0) & O_NONBLOCK, 0);
  for (const descriptor of [screenEnd.descriptor, terminal, screen]) libc().close(descriptor);
  library.close();
});

linuxOnly("files are written by the runtime", () => {
  const path = Deno.makeTempFileSync();
  const file = libc().open(cString(path), O_WRONLY, 0);
  assertEquals(outletOf(file, false), null);
  libc().close(file);
  Deno.removeSync(path);
});
