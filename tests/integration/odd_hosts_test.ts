/** Hosts where the usual directories are missing, closed or of another kind. */

import { assertEquals, assertMatch } from "../assert.ts";
import { without } from "./forbidden_call.ts";
import { freePort, integrationTest, notInThisProgram } from "./harness.ts";
import { apart, mounting, reasonNotToMount } from "./as_root.ts";

const app = { "main.ts": `export default () => new Response("served" as string);\n` };

/** Only the usual places, and a home on a file system without programs. */
const lean =
  "unset TMPDIR XDG_RUNTIME_DIR; mkdir /mnt/home; mount -t tmpfs -o noexec tmpfs /mnt/home; export HOME=/mnt/home";

for (
  const [where, script] of [
    // `docker run --read-only --tmpfs /tmp`: Docker mounts both with noexec.
    [
      "no directory allows programs",
      "for place in /tmp /dev/shm; do mount -t tmpfs -o noexec tmpfs $place; done",
    ],
    ["there is no /tmp", "mount -t tmpfs -o mode=0000,ro tmpfs /tmp; mount -t tmpfs tmpfs /dev/shm"],
  ] as const
) {
  integrationTest(
    `the server starts and reloads where ${where}`,
    async (host) => {
      host.write({ "denicorn.config.ts": "export default { workers: 2 as number };" });
      const server = host.start({
        files: app,
        command: apart(host, `${lean}; ${script}`),
      });
      await server.logged(/2 workers of generation 1 ready/);
      assertEquals(await server.text(), "served");
      server.kill("SIGHUP");
      await server.logged(/reload done|generation 2 ready|2 workers of generation 2/);
      server.kill("SIGTERM");
      assertEquals(await server.exit(), { code: 0, signal: null });
    },
    reasonNotToMount,
  );
}

integrationTest(
  "a TMPDIR that cannot be used is named in one line, and another place is used",
  async (host) => {
    const odd = [["/nowhere", "does not exist"], ["/etc/passwd", "is not a directory"]] as const;
    // The runtime inside the binary ends with a line of its own if TMPDIR is empty or relative.
    const relative = host.target.name === "source" ? [["tmp", "is not an absolute path"]] as const : [];
    for (const [value, reason] of [...odd, ...relative]) {
      const server = host.start({ files: app, env: { TMPDIR: value } });
      await server.logged(
        new RegExp(`warning .*TMPDIR=${value} is not used for the runtime directory: it ${reason}\\n`),
      );
      await server.ready(1);
      server.kill("SIGTERM");
      assertEquals(await server.exit(), { code: 0, signal: null });
      assertEquals(server.stderr.match(/TMPDIR/g)?.length, 1);
    }
  },
);

integrationTest(
  "the doctor starts esbuild, and says where it cannot be started",
  async (host) => {
    host.write(app);
    const noexec = `${lean}; for place in /tmp /dev/shm; do mount -t tmpfs -o noexec tmpfs $place; done`;
    assertMatch(
      await outputOf(apart(host, noexec), "doctor"),
      /^ok +bundler +esbuild [\d.]+ starts and works$/m,
    );
    if (host.target.name === "source") return;
    const nowhere = without("memfd_create", ["/usr/bin/env", ...apart(host, noexec)]);
    assertMatch(
      await outputOf(nowhere, "doctor"),
      /^problem +bundler +cannot start esbuild.*: tried .*\(mounted noexec\) and memory \(memfd_create: .*\): set XDG_CACHE_HOME/m,
    );
    assertMatch(
      await outputOf(nowhere, "main.ts", 2),
      /cannot start esbuild, which bundles the app: tried .*\n$/,
    );
  },
  reasonNotToMount,
);

integrationTest(
  "from source, an esbuild on a file system without programs is named, with exit code 2",
  async (host) => {
    host.write(app);
    const cache = Deno.env.get("DENO_DIR");
    const command = mounting(host, `mount --bind ${cache} ${cache} && mount -o remount,bind,noexec ${cache}`);
    assertMatch(
      await outputOf(command, `${host.folder}/main.ts`, 2),
      /cannot load the app: esbuild cannot be run: .*: let this user run its executable, and mount the file system of that without noexec/,
    );
  },
  (target) =>
    target.name === "binary"
      ? notInThisProgram
      : Deno.env.get("DENO_DIR") === undefined
      ? "DENO_DIR is not set"
      : reasonNotToMount(target),
);

integrationTest(
  "without /proc the start and the doctor say so in one line",
  async (host) => {
    host.write(app);
    const noProc = mounting(host, "umount -l /proc");
    if (host.target.name === "binary") {
      // The runtime inside the binary ends before Denicorn begins.
      assertMatch(
        await outputOf(noProc, "main.ts", 1),
        /no \/proc\/self\/exe available\. Is \/proc mounted\?/,
      );
      return;
    }
    const line =
      /cannot find the own executable: \/proc is not mounted: mount it \(`mount -t proc proc \/proc`\)$/m;
    const start = await outputOf(noProc, "main.ts", 2);
    assertMatch(start, line);
    assertEquals(start.trim().split("\n").length, 1);
    assertMatch(await outputOf(noProc, "doctor", 1), /^problem +proc +.*cannot be read$/m);
  },
  reasonNotToMount,
);

/** What the program writes until it ends with `code`. */
async function outputOf(
  [command = "", ...args]: readonly string[],
  word: string,
  code?: number,
): Promise<string> {
  const ended = await new Deno.Command(command, {
    args: [...args, word],
    env: { NO_COLOR: "1", DENICORN_BIND: `127.0.0.1:${freePort()}` },
  }).output();
  const text = [ended.stdout, ended.stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  if (code !== undefined) assertEquals(ended.code, code, text);
  return text;
}
