/** HTTP/2 over TLS: where it is offered, and that a reload loses nothing of it. */

import { assert, assertEquals } from "../assert.ts";
import { integrationTest, notInThisProgram } from "./harness.ts";
import type { Server } from "./server.ts";
import { handshake, TestAuthority } from "./test_authority.ts";

const args = ["--certfile", "server.pem", "--keyfile", "server.key", "-w", "2"];
const app = `export default async (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 700));
  if (pathname === "/download") return new Response("0".repeat(2_000_000));
  return new Response(String((await request.arrayBuffer()).byteLength));
};\n`;

integrationTest(
  "HTTP/2 is offered where a drain finishes it, and elsewhere only if asked for",
  async (host) => {
    new TestAuthority(host.folder).issue("server", "localhost");
    const chosen = host.target.name === "source" ? "h2" : "http/1.1";
    for (
      const [more, protocol] of [[[], chosen], [["--http2"], "h2"], [["--no-http2"], "http/1.1"]] as const
    ) {
      const server = host.start({ files: { "main.ts": app }, args: [...args, ...more] });
      await server.ready(2);
      const seen = await handshake(server.port, "localhost", `${host.folder}/ca.pem`, ["h2", "http/1.1"]);
      assertEquals(seen.protocol, protocol, more.join());
      server.kill("SIGTERM");
      assertEquals((await server.exit()).code, 0);
    }
  },
);

/** Clients of one connection each, with several requests at a time, until `end`; counts what was answered, by path. */
function load(base: string, caCerts: string[]) {
  const failures: unknown[] = [];
  const counts = new Map<string, number>();
  let isOver = false;
  const client = async (path: string, body?: Uint8Array<ArrayBuffer>) => {
    using client = Deno.createHttpClient({ caCerts, http1: false, http2: true });
    const init = body === undefined ? {} : { method: "POST", body };
    const one = async () => {
      while (!isOver) {
        try {
          const response = await fetch(base + path, { client, ...init });
          const text = await response.text();
          assertEquals(
            path === "/download" ? text.length : text,
            path === "/download" ? 2_000_000 : `${body?.length ?? 0}`,
          );
          counts.set(path, (counts.get(path) ?? 0) + 1);
        } catch (error) {
          failures.push(`${path}: ${error} ${(error as Error).cause ?? ""}`);
        }
      }
    };
    await Promise.all([one(), one(), one()]);
  };
  const upload = new Uint8Array(200_000);
  const clients = [1, 2].flatMap(() => [
    ...[client("/short"), client("/slow"), client("/upload", upload), client("/download")],
  ]);
  const end = async () => {
    isOver = true;
    await Promise.all(clients);
    return { failures, counts };
  };
  return { end };
}

/** Two reloads under load. */
async function reloads(server: Server, end: ReturnType<typeof load>["end"]): Promise<void> {
  for (const generation of [2, 3]) {
    server.kill("SIGHUP");
    await server.logged(new RegExp(`2 workers of generation ${generation} ready`));
    const old = new RegExp(`gen=${generation - 1} .* drained$`, "gm");
    await server.until(`${generation - 1} is gone`, () => server.stderr.match(old)?.length === 2);
  }
  const { failures, counts } = await end();
  assertEquals(failures, []);
  assert([...counts.values()].every((count) => count > 10) && counts.size === 4, JSON.stringify([...counts]));
  assertEquals(server.stderr.match(/cut off.*/g), null);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
}

integrationTest("reloads lose no request of HTTP/2 over TLS, short or long", async (host) => {
  const authority = new TestAuthority(host.folder);
  authority.issue("server", "localhost");
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(2);
  const { end } = load(`https://localhost:${server.port}`, [authority.certificate]);
  await reloads(server, end);
  // Deno 2.7, which the binary has, does not answer what arrives while it says that it goes away.
}, ({ name }) => name === "binary" ? notInThisProgram : null);

integrationTest("reloads lose no request of HTTP/2 without TLS, short or long", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
  await server.ready(2);
  const { end } = load(`http://127.0.0.1:${server.port}`, []);
  await reloads(server, end);
});

integrationTest("a reload finishes while one connection of HTTP/2 never stops sending", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "1"] });
  await server.ready(1);
  using client = Deno.createHttpClient({ http1: false, http2: true });
  let isOver = false;
  let answered = 0;
  const download = async () => {
    while (!isOver) {
      const response = await fetch(`http://127.0.0.1:${server.port}/download`, { client });
      assertEquals((await response.text()).length, 2_000_000);
      answered++;
    }
  };
  const downloads = Array.from({ length: 16 }, download);
  await server.until("downloads are answered", () => answered > 20);
  server.kill("SIGHUP");
  await server.logged(/1 worker of generation 2 ready/);
  await server.logged(/gen=1 .* drained$/m);
  isOver = true;
  await Promise.all(downloads);
  assertEquals(server.stderr.match(/cut off.*/g), null);
});
