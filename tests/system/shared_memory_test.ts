import { createSystem } from "../../src/system/deno_system.ts";
import { cString, libc } from "../../src/system/libc.ts";
import type { SharedBlock } from "../../src/system/system.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const { memory, processes } = createSystem();
const size = 8192;

/** Runs the check for memory of either kind. `isSealed`: no process can shrink it. */
function forBothKinds(name: string, check: (block: SharedBlock, isSealed: boolean) => void | Promise<void>) {
  linuxOnly(`${name}: sealed memory`, () => check(memory.createSealed(size), true));
  linuxOnly(`${name}: a file without a name`, async () => {
    const folder = Deno.makeTempDirSync();
    try {
      await check(memory.createUnnamed(folder, size), false);
      assertEquals(Array.from(Deno.readDirSync(folder)), []);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

forBothKinds("two mappings share their memory, which is zero at first", ({ buffer, descriptor }) => {
  const made = new Float64Array(buffer);
  const mapped = new Float64Array(memory.adopt(descriptor));
  assertEquals([made.length, mapped.length, mapped[7]], [1024, 1024, 0]);
  made[7] = 42;
  assertEquals(mapped[7], 42);
  assertThrows(() => Deno.statSync(`/proc/self/fd/${descriptor}`), Deno.errors.NotFound);
});

forBothKinds("all memory is allocated when it is created", ({ descriptor }) => {
  assertEquals(Deno.statSync(`/proc/self/fd/${descriptor}`).blocks, size / 512);
});

forBothKinds("a new process inherits it only if asked to", async ({ descriptor }, isSealed) => {
  // Inheriting is all that a process needs to shrink what is not sealed.
  const script = `test -e /proc/self/fd/${descriptor} || exit 3; truncate -s 0 /proc/self/fd/${descriptor}`;
  const run = (inherited: readonly number[]) =>
    processes.spawn({ command: "sh", args: ["-c", `(${script}) 2>/dev/null`], env: {}, inherited }).exited;
  assertEquals((await run([])).code, 3);
  assertEquals((await run([descriptor])).code, isSealed ? 1 : 0);
  assertEquals((await run([])).code, 3);
  assertEquals(Deno.statSync(`/proc/self/fd/${descriptor}`).size, isSealed ? size : 0);
});

linuxOnly("a descriptor that is not open is not inherited, and no process is started", () => {
  assertThrows(
    () => processes.spawn({ command: "true", args: [], env: {}, inherited: [999_999] }),
    Error,
    "Bad file descriptor",
  );
});

linuxOnly("neither size nor seals of sealed memory can be changed, and no byte is lost", () => {
  const { buffer, descriptor } = memory.createSealed(size);
  new Uint8Array(buffer).fill(7);
  const { ftruncate } = Deno.dlopen("libc.so.6", {
    ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  }).symbols;
  for (const length of [0, size - 4096, size + 4096]) {
    assertEquals(ftruncate(descriptor, BigInt(length)), -1);
  }
  const [F_ADD_SEALS, F_SEAL_FUTURE_WRITE] = [1033, 16];
  assertEquals(libc().fcntl(descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
  assert(new Uint8Array(buffer).every((byte) => byte === 7));
});

linuxOnly("what is not a file with content is refused", () => {
  const O_RDWR = 2;
  const open = (path: string) => libc().open(cString(path), O_RDWR, 0);
  assertThrows(() => memory.adopt(999_999), Error, "not a file with content");
  assertThrows(() => memory.adopt(open("/dev/null")), Error, "not a file with content");
  const empty = Deno.makeTempFileSync();
  assertThrows(() => memory.adopt(open(empty)), Error, "not a file with content");
  Deno.removeSync(empty);
});

linuxOnly("a file in a directory that does not exist, or cannot be written to, is refused", () => {
  assertThrows(() => memory.createUnnamed("/nowhere", size), Error, "No such file");
  assertThrows(() => memory.createUnnamed("/proc", size), Error, "open /proc/denicorn-");
});

linuxOnly("a file is abandoned when no process has locked it", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [LOCK_EX, O_RDWR] = [2, 2];
    for (const name of ["left", "locked"]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    Deno.symlinkSync("left", `${folder}/link`);
    const descriptor = libc().open(cString(`${folder}/locked`), O_RDWR, 0);
    libc().flock(descriptor, LOCK_EX);
    const isAbandoned = (name: string) => memory.isAbandoned(`${folder}/${name}`);
    assertEquals(["left", "locked", "link", "nothing"].map(isAbandoned), [true, false, false, false]);
    libc().close(descriptor);
    assertEquals(isAbandoned("locked"), true);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
