import { awaitReader, outlet, writeNow } from "../../../src/system/files/stream_writes.ts";
import { cString, libc } from "../../../src/system/libc.ts";
import { renewLineLocks } from "../../../src/system/files/line_lock.ts";
import { assert, assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const O_RDWR = 2;
const long = new TextEncoder().encode(`${"x".repeat(70_000)}\n`);
const short = new TextEncoder().encode("short\n");

/** A FIFO for two processes. */
function fifo() {
  const folder = Deno.makeTempDirSync({ prefix: "lock-" });
  const path = `${folder}/pipe`;
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  const descriptor = libc().open(cString(path), O_RDWR, 0);
  const to = outlet(descriptor, "pipe");
  return {
    path,
    descriptor,
    to,
    read: (count: number) => libc().read(descriptor, new Uint8Array(count), BigInt(count)),
    [Symbol.dispose]() {
      libc().close(descriptor);
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** A process that has written a part of a line to the FIFO, and then does nothing. */
async function stuckWriter(path: string): Promise<Deno.ChildProcess> {
  const modules = new URL("../../../src/system/", import.meta.url);
  const code = `
    import { outlet, writeNow } from "${modules}files/stream_writes.ts";
    import { cString, libc } from "${modules}libc.ts";
    const to = outlet(libc().open(cString("${path}"), 1, 0), "pipe");
    console.log(writeNow(to, new TextEncoder().encode("x".repeat(70_000) + "\\n")));
    for await (const _ of Deno.stdin.readable);
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--ext=ts", `data:application/typescript,${encodeURIComponent(code)}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  for await (const _ of child.stdout) return child;
  throw new Error("the other process ended before it wrote");
}

linuxOnly(
  "while another process is in the middle of a line, nothing is written until it is killed",
  async () => {
    using pipe = fifo();
    const child = await stuckWriter(pipe.path);
    pipe.read(4_096);
    assertEquals(writeNow(pipe.to, short), 0);
    const start = performance.now();
    assertEquals(awaitReader(pipe.to, 1_000), true);
    // It neither waits for the whole second nor asks again at once.
    assert(performance.now() - start >= 5);
    child.kill("SIGKILL");
    await child.status;
    assertEquals(writeNow(pipe.to, short), short.length);
    await child.stdin.close().catch(() => {});
  },
);

linuxOnly("a process that is stuck in the middle of a line silences the others for 3 s", async () => {
  using pipe = fifo();
  const child = await stuckWriter(pipe.path);
  const start = performance.now();
  // As long as there is no room, it is not to blame.
  assertEquals(writeNow(pipe.to, short), 0);
  pipe.read(4_096);
  while (writeNow(pipe.to, short) === 0) awaitReader(pipe.to, 1_000);
  const took = performance.now() - start;
  assert(took >= 2_900, String(took));
  assertEquals(writeNow(pipe.to, short), short.length);
  child.kill("SIGKILL");
  await child.status;
  await child.stdin.close().catch(() => {});
});

linuxOnly("a lock that was lost because a copy of the descriptor was closed can be renewed", () => {
  using pipe = fifo();
  assert(writeNow(pipe.to, long) < long.length);
  assert(isLocked(pipe.path));
  Deno.openSync(pipe.path, { write: true }).close();
  assertEquals(isLocked(pipe.path), false);
  renewLineLocks();
  assert(isLocked(pipe.path));
});

function isLocked(path: string): boolean {
  const { ino } = Deno.statSync(path);
  return Deno.readTextFileSync("/proc/locks").includes(`:${ino} `);
}
