/** Logs that another program reads: a FIFO, and /dev/stdout as a pipe or a socket, also under another user. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { otherUserTest } from "./other_user.ts";

function makeFifo(path: string): void {
  assertEquals(new Deno.Command("mkfifo", { args: [path] }).outputSync().code, 0);
}

testOnOneTarget("logs at FIFOs that nothing reads: the server starts, serves and stops", async (host) => {
  for (const name of ["access.fifo", "error.fifo"]) makeFifo(`${host.folder}/${name}`);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--access-logfile", "access.fifo", "--error-logfile", "error.fifo"],
  });
  await server.ready(1);
  await server.text("/unread");
  server.kill("SIGUSR1");
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  // From source, USR1 also starts the runtime's inspector, which may complain.
  assertEquals([server.stderr.match(/denicorn|warning/g), server.leftovers()], [null, []]);
});

testOnOneTarget("the reader of a FIFO may come, go and come again", async (host) => {
  const path = `${host.folder}/access.fifo`;
  makeFifo(path);
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--access-logfile", "access.fifo"] });
  await server.ready(1);
  await server.text("/before");
  for (const round of ["one", "two"]) {
    const reader = await Deno.open(path);
    await server.text(`/${round}`);
    await readUntil(reader, `GET /${round}`, round === "one" ? "GET /before" : "");
    reader.close();
  }
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

async function readUntil(reader: Deno.FsFile, ...texts: readonly string[]): Promise<void> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!texts.every((wanted) => text.includes(wanted))) {
    text += new TextDecoder().decode(buffer.subarray(0, await reader.read(buffer) ?? 0));
  }
}

testOnOneTarget("a device as a log takes every line", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--access-logfile", "/dev/null", "--error-logfile", "/dev/zero"],
  });
  await server.ready(1);
  await server.text();
  server.kill("SIGTERM");
  assertEquals([(await server.exit()).code, server.stdout, server.stderr], [0, "", ""]);
});

/** Serves one request with both logs at paths of open files, also through a link as in images of nginx. */
async function serveWithOpenFiles(host: TestHost, args: readonly string[] = []): Promise<void> {
  Deno.symlinkSync("/dev/stdout", `${host.folder}/access.log`);
  const server = host.start({
    files: { "main.ts": pidApp },
    args: [...args, "--access-logfile", "access.log", "--error-logfile", "/dev/stderr"],
  });
  await server.ready(1);
  await server.text("/seen");
  await server.until("the line", () => server.stdout.includes('"GET /seen'));
  const before = server.stderr.length;
  server.kill("SIGUSR1");
  await server.logged(/logs reopened/, before);
  await server.text("/again");
  await server.until("the next line", () => server.stdout.includes('"GET /again'));
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertMatch(server.stderr, /stopped\n$/);
}

testOnOneTarget(
  "/dev/stdout and /dev/stderr as logs are the standard streams",
  (host) => serveWithOpenFiles(host),
);

otherUserTest(
  "/dev/stdout and /dev/stderr as logs work for workers of another user",
  (host) => serveWithOpenFiles(host, ["--user", "nobody"]),
);

/** Two connected sockets that programs started from here inherit. */
class SocketPair {
  readonly #libc = Deno.dlopen("libc.so.6", {
    close: { parameters: ["i32"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  });
  readonly #pair = new Int32Array(2);
  received = "";

  constructor() {
    assertEquals(this.#libc.symbols.socketpair(1, 1, 0, this.#pair), 0);
  }

  get theirs(): number {
    return this.#pair[1]!;
  }

  /** Everything received until now. */
  receive(): string {
    const buffer = new Uint8Array(65_536);
    const noWait = 0x40;
    const count = Number(this.#libc.symbols.recv(this.#pair[0]!, buffer, BigInt(buffer.length), noWait));
    return this.received += new TextDecoder().decode(buffer.subarray(0, Math.max(0, count)));
  }

  close(): void {
    for (const descriptor of this.#pair) this.#libc.symbols.close(descriptor);
    this.#libc.close();
  }
}

/** As under systemd, where stdout is a socket to the journal, which cannot be opened by its path. */
async function serveIntoSocket(
  host: TestHost,
  path: (descriptor: number) => string,
  args: readonly string[],
) {
  const sockets = new SocketPair();
  try {
    const server = host.start({
      files: { "main.ts": pidApp },
      command: ["bash", "-c", `exec "$@" >&${sockets.theirs}`, "bash", ...host.target.command],
      args: [...args, "--access-logfile", path(sockets.theirs)],
    });
    await server.ready(1);
    await server.text("/seen");
    await server.until("the line in the socket", () => sockets.receive().includes('"GET /seen'));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  } finally {
    sockets.close();
  }
}

testOnOneTarget(
  "/dev/stdout as a log works where stdout is a socket",
  (host) => serveIntoSocket(host, () => "/dev/stdout", []),
  Deno.build.os === "linux" ? null : "needs Linux",
);

otherUserTest(
  "an inherited descriptor as a log works for workers of another user",
  (host) => serveIntoSocket(host, (descriptor) => `/dev/fd/${descriptor}`, ["--user", "nobody"]),
);

testOnOneTarget("a descriptor that the server was not started with is an error", async (host) => {
  for (const path of ["/dev/fd/3", "/proc/self/fd/99", "/dev/stdin"]) {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--access-logfile", path] });
    assertEquals((await server.exit()).code, 2);
    assertMatch(server.stderr, /^denicorn: cannot open access-logfile: [^\n]*\n$/);
  }
});
