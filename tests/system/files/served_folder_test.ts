import type { OpenFile, Served, ServedFolder } from "../../../src/system/files/files.ts";
import { servedFolder } from "../../../src/system/files/served_folder.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";

const text = new TextDecoder();

/** By the kernel, and by the runtime where the kernel cannot be asked. */
function inBoth(name: string, body: (root: string, open: () => ServedFolder) => Promise<void> | void): void {
  for (const byKernel of [true, false]) {
    Deno.test(`${byKernel ? "kernel" : "runtime"}: ${name}`, async () => {
      const folder = Deno.makeTempDirSync();
      try {
        Deno.mkdirSync(`${folder}/root`);
        await body(Deno.realPathSync(`${folder}/root`), () => servedFolder(`${folder}/root`, byKernel));
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    });
  }
}

function fileOf(served: Served): OpenFile {
  assert(served.is === "file", served.is);
  return served.file;
}

function textOf(served: Served): string {
  const file = fileOf(served);
  return text.decode(file.take(0, file.size));
}

function descriptors(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

inBoth("a file has its size, time and bytes, and a folder is one", async (root, open) => {
  Deno.mkdirSync(`${root}/sub`);
  Deno.writeTextFileSync(`${root}/sub/a.txt`, "0123456789");
  Deno.utimeSync(`${root}/sub/a.txt`, 0, new Date(1_700_000_000_123));
  const folder = open();
  const file = fileOf(folder.open("sub/a.txt"));
  assertEquals([file.size, file.modifiedAt, text.decode(file.take(2, 3))], [10, 1_700_000_000_123, "234"]);
  assertEquals(text.decode(fileOf(folder.open("sub/a.txt")).take(8, 10)), "89");
  assertEquals(await new Response(fileOf(folder.open("sub/a.txt")).stream(3, 4)).text(), "3456");
  for (const path of ["", "sub", "sub/"]) assertEquals(folder.open(path).is, "directory", path);
  for (const path of ["none", "sub/none", "sub/a.txt/", "sub/a.txt/b", `sub/${"a".repeat(300)}`]) {
    assertEquals(folder.open(path).is, "nothing", path);
  }
});

inBoth("a link is followed inside the folder only", (root, open) => {
  Deno.writeTextFileSync(`${root}/a.txt`, "inside");
  Deno.writeTextFileSync(`${root}/../b.txt`, "outside");
  Deno.mkdirSync(`${root}2`);
  Deno.writeTextFileSync(`${root}2/c.txt`, "beside");
  const links: Readonly<Record<string, string>> = {
    relative: "a.txt",
    absolute: `${root}/a.txt`,
    twice: "absolute",
    up: "..",
    out: "../b.txt",
    etc: "/etc",
    beside: `${root}2`,
    circle: "circle",
    nowhere: "none",
    magic: "/proc/self/root",
  };
  for (const [name, target] of Object.entries(links)) Deno.symlinkSync(target, `${root}/${name}`);
  const folder = open();
  for (const name of ["relative", "absolute", "twice"]) {
    assertEquals(textOf(folder.open(name)), "inside", name);
  }
  for (const path of ["up", "up/b.txt", "out", "etc/passwd", "beside/c.txt", "magic/etc/passwd"]) {
    assertEquals(folder.open(path).is, "outside", path);
  }
  for (const path of ["nowhere", "circle"]) assert(folder.open(path).is !== "file", path);
});

inBoth("what is neither a file nor a folder is not there, and nothing waits for it", (root, open) => {
  assertEquals(new Deno.Command("mkfifo", { args: [`${root}/fifo`] }).outputSync().code, 0);
  using _socket = Deno.listen({ transport: "unix", path: `${root}/socket` });
  const folder = open();
  for (const path of ["fifo", "socket"]) assertEquals(folder.open(path).is, "nothing", path);
});

inBoth(
  "a folder that is replaced is found again, and one that is missing has nothing",
  async (root, open) => {
    Deno.writeTextFileSync(`${root}/a.txt`, "one");
    const folder = open();
    assertEquals(textOf(folder.open("a.txt")), "one");
    Deno.renameSync(root, `${root}-old`);
    Deno.mkdirSync(root);
    Deno.writeTextFileSync(`${root}/a.txt`, "two");
    for (const end = performance.now() + 20_000; performance.now() < end;) {
      if (textOf(folder.open("a.txt")) === "two") break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(textOf(folder.open("a.txt")), "two");
    Deno.removeSync(root, { recursive: true });
    assertEquals(open().open("a.txt").is, "nothing");
  },
);

inBoth("a link that changes all the time never leads out", async (root, open) => {
  Deno.mkdirSync(`${root}/in`);
  Deno.writeTextFileSync(`${root}/in/a.txt`, "inside");
  Deno.mkdirSync(`${root}/../out`);
  Deno.writeTextFileSync(`${root}/../out/a.txt`, "secret");
  const script = `cd '${root}'; while [ ! -e stop ]; do ln -sfn in link; ln -sfn ../out link; done`;
  const process = new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).spawn();
  try {
    const folder = open();
    const seen = new Map<string, number>();
    for (const end = performance.now() + 20_000; performance.now() < end;) {
      const served = folder.open("link/a.txt");
      const found = served.is === "file" ? textOf(served) : served.is;
      seen.set(found, (seen.get(found) ?? 0) + 1);
      if ((seen.get("inside") ?? 0) > 20 && (seen.get("outside") ?? 0) > 20) break;
    }
    assertEquals(seen.get("secret"), undefined);
    assert((seen.get("inside") ?? 0) > 20 && (seen.get("outside") ?? 0) > 20, JSON.stringify([...seen]));
  } finally {
    // Killed, it would leave an `ln` that writes on while the folder is removed.
    Deno.writeTextFileSync(`${root}/stop`, "");
    await process.status;
  }
});

inBoth("many streams at a time have their bytes, and no file stays open", async (root, open) => {
  const bytes = new Uint8Array(1_000_000).map((_, index) => index * 7 + (index >> 8));
  Deno.writeFileSync(`${root}/a.bin`, bytes);
  const folder = open();
  folder.open("none");
  const before = descriptors();
  const streams = Array.from(
    { length: 20 },
    (_, index) => fileOf(folder.open("a.bin")).stream(index, 900_000),
  );
  const read = await Promise.all(streams.map((stream) => new Response(stream).bytes()));
  read.forEach((part, index) => {
    assertEquals(part.length, 900_000);
    assert(part.every((byte, at) => byte === bytes[index + at]), String(index));
  });
  const left = fileOf(folder.open("a.bin")).stream(0, 1_000_000).getReader();
  await left.read();
  await left.cancel();
  fileOf(folder.open("a.bin")).close();
  fileOf(folder.open("a.bin")).take(0, 10);
  assertEquals(descriptors(), before);
});

inBoth("a file that becomes shorter while it is sent fails", async (root, open) => {
  Deno.writeFileSync(`${root}/a.bin`, new Uint8Array(500_000));
  const folder = open();
  folder.open("none");
  const before = descriptors();
  const stream = fileOf(folder.open("a.bin")).stream(0, 500_000);
  Deno.truncateSync(`${root}/a.bin`, 200_000);
  await assertRejects(() => new Response(stream).bytes(), Error, "became shorter");
  assertEquals(descriptors(), before);
});
