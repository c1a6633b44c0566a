/** A runtime directory on a file system of its own: full, or read-only while the server runs. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** A test in which the runtime directories are on a small file system that only the server's processes see. */
function smallDiskTest(name: string, body: (host: TestHost) => Promise<void>): void {
  testOnOneTarget(name, body, lacking());
}

function lacking(): string | null {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "only root can mount a file system";
  const { success } = new Deno.Command("unshare", {
    args: ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success ? null : "this container may not mount a file system";
}

/** Starts a server whose control socket is outside of that file system. */
async function start(host: TestHost, args: readonly string[] = []): Promise<Server> {
  const server = host.start({
    command: [
      ...[
        "unshare",
        "-m",
        "sh",
        "-c",
        `mount -t tmpfs -o size=512k tmpfs ${host.runtime} && exec "$@"`,
        "sh",
      ],
      ...host.target.command,
    ],
    files: { "main.ts": pidApp },
    args: ["--control-socket", "control.sock", ...args],
  });
  await server.logged(/1 worker of generation 1 ready/);
  return server;
}

/** The runtime directories, as the server sees them. */
function inside({ pid }: Server, { runtime }: TestHost): string {
  return `/proc/${pid}/root${runtime}`;
}

function fill(path: string): void {
  using file = Deno.createSync(`${path}/filler`);
  const piece = new Uint8Array(4_096);
  try {
    for (;;) file.writeSync(piece);
  } catch (error) {
    assertMatch(String(error), /No space left/);
  }
}

function remount({ pid }: Server, { runtime }: TestHost): void {
  const { code, stderr } = new Deno.Command("nsenter", {
    args: ["-t", String(pid), "-m", "mount", "-o", "remount,ro", runtime],
  }).outputSync();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

/** The log since `from` without what began before. */
function linesSince(server: Server, from: number): string[] {
  return server.stderr.slice(from).split("\n").filter((line) => line !== "");
}

function assertPlain(lines: readonly string[]): void {
  for (const line of lines) assertMatch(line, /^\d{4}-\d\d-\d\dT\S+ (info|warning|error) /);
}

for (const [what, config] of [["bundle", null], ["config", "export default { workers: 1 };\n"]] as const) {
  smallDiskTest(`a reload that cannot write the ${what} fails with the cause in one line`, async (host) => {
    if (config !== null) host.write({ "denicorn.config.ts": config });
    const server = await start(host);
    const pid = await server.text();
    const directory = inside(server, host);
    fill(directory);
    const from = server.stderr.length;
    const { code, stderr } = await host.run(["ctl", "--socket", "control.sock", "reload", "--wait"]);
    assertEquals([code, stderr.split("\n").length], [2, 2], stderr);
    assertMatch(
      stderr,
      /^denicorn: cannot write to the runtime directory: \S+ \(No space left on device\): make space or let it be written to/,
    );
    await server.logged(/reload failed.*No space left on device/, from);
    assertPlain(linesSince(server, from));
    assertEquals(await server.text(), pid);
    // With space the next reload works: nothing of the failed one is in the way.
    Deno.removeSync(`${directory}/filler`);
    assertEquals((await host.run(["ctl", "--socket", "control.sock", "reload", "--wait"])).code, 0);
    assert(await server.text() !== pid);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  });
}

smallDiskTest(
  "a read-only runtime directory: workers are replaced, and a stop says what it leaves",
  async (host) => {
    const server = await start(host);
    const pid = await server.text();
    remount(server, host);
    const from = server.stderr.length;
    Deno.kill(Number(pid), "SIGKILL");
    await server.logged(/worker=\d+ .*ready/, from);
    assert(await server.text() !== pid);
    const { code, stderr } = await host.run(["ctl", "--socket", "control.sock", "reload", "--wait"]);
    assertEquals([code, stderr.split("\n").length], [2, 2], stderr);
    assertMatch(stderr, /cannot write to the runtime directory: \S+ \(Read-only file system\)/);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0, server.stderr);
    assertMatch(
      server.stderr,
      /warning .* cannot remove \S+\/denicorn-\w+ \(Read-only file system\): remove it by hand\n/,
    );
    assertPlain(linesSince(server, from));
  },
);
