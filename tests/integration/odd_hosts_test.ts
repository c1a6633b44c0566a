/** Hosts where the usual directories are missing, closed or of another kind. */

import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { apart, reasonNotToMount } from "./as_root.ts";

const app = { "main.ts": `export default () => new Response("served" as string);\n` };

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
      const lean = `unset TMPDIR XDG_RUNTIME_DIR; export HOME=/nonexistent; ${script}`;
      const server = host.start({
        files: app,
        command: apart(host, lean),
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
