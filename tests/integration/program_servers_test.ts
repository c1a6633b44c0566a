/** Programs that start their own servers, with `Deno.serve`. */

import { assertEquals, assertMatch } from "../assert.ts";
import { noneFails } from "./again_and_again.ts";
import { pidApp } from "./apps.ts";
import { freePort, integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

/** Responds with its process id. */
const program = (port: number, more = "") =>
  `const server = Deno.serve({ port: ${port}, hostname: "127.0.0.1", onListen: ({ port }) => console.log("on", port) },
  () => new Response(String(Deno.pid)));
${more}`;

/** Four clients on new connections. */
const clientsOf = (server: Server) => Array.from({ length: 4 }, () => () => server.fetch());

async function reloadAndUpgrade(server: Server): Promise<void> {
  server.kill("SIGHUP");
  await server.ready(2, 2);
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(2);
}

integrationTest(
  "a program that calls Deno.serve is served by several workers where it asks to be",
  async (host) => {
    const [port, second] = [freePort(), freePort()];
    const files = {
      "main.ts": program(
        port,
        `Deno.serve({ port: ${second}, hostname: "127.0.0.1" }, () => new Response("second"));\n`,
      ),
    };
    const server = host.start({ files, port, isBound: false, args: ["-w", "2"] });
    const pids = (await server.ready(2)).map(({ pid }) => String(pid));
    await server.answeredBy(pids, 40);
    assertEquals(await (await fetch(`http://127.0.0.1:${second}/`)).text(), "second");
    await server.until("onListen in both workers", () => server.stdout.split(`on ${port}\n`).length === 3);
    await noneFails(clientsOf(server), () => reloadAndUpgrade(server));
    assertEquals((await server.status())?.addresses, [`127.0.0.1:${port}`, `127.0.0.1:${second}`]);
  },
);

integrationTest("--bind takes the place of the address that a program asks for", async (host) => {
  const server = host.start({ files: { "main.ts": program(1) }, args: ["-w", "2"] });
  await server.ready(2);
  await server.text();
  await server.until("onListen", () => server.stdout.includes(`on ${server.port}\n`));
});

integrationTest(
  "code that asks for another address takes a restart; the old generation keeps serving",
  async (host) => {
    const [port, other] = [freePort(), freePort()];
    const server = host.start({ files: { "main.ts": program(port) }, port, isBound: false });
    const [worker] = await server.ready(1);
    host.write({ "main.ts": program(other) });
    const asks =
      `it asks to listen on 127.0.0.1:${other}, and the server listens on 127.0.0.1:${port}, which only a restart`;
    server.kill("SIGHUP");
    await server.logged(
      new RegExp(`reload failed, generation 1 keeps serving: cannot serve the app: ${asks}`),
    );
    server.kill("SIGUSR2");
    await server.logged(new RegExp(asks), server.stderr.length);
    await server.logged(/upgrade failed, this master keeps serving/);
    assertEquals(await server.text(), String(worker!.pid));
  },
);

integrationTest("a program may export an app and start servers as well", async (host) => {
  const metrics = freePort();
  const server = host.start({
    files: {
      "main.ts":
        `${pidApp}Deno.serve({ port: ${metrics}, hostname: "127.0.0.1" }, () => new Response("metrics"));
        Deno.serve(() => new Response("the app by another name"));\n`,
    },
    args: ["-w", "2"],
  });
  const pids = (await server.ready(2)).map(({ pid }) => String(pid));
  await server.answeredBy(pids, 40);
  assertEquals(await (await fetch(`http://127.0.0.1:${metrics}/`)).text(), "metrics");
});

integrationTest("a program may await something before it serves, and export something else", async (host) => {
  const port = freePort();
  const late = `export const started = Date.now();
async function main() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  ${program(port)}
}
void main();\n`;
  const server = host.start({ files: { "main.ts": late }, port, isBound: false });
  const [worker] = await server.ready(1);
  assertEquals(await server.text(), String(worker!.pid));
});

integrationTest(
  "a program may wait for the end of its server at top level, and name its host: reload, upgrade and stop",
  async (host) => {
    const port = freePort();
    const waiting = `const server = Deno.serve({ port: "${port}", hostname: "localhost" }, (request) => {
  if (request.url.endsWith("/throw")) fail(new Error("late"));
  return new Response(String(Deno.pid));
});
const { promise, reject: fail } = Promise.withResolvers();
await Promise.race([server.finished, promise]);
console.log("over", Deno.pid);\n`;
    const server = host.start({ files: { "main.ts": waiting }, port, isBound: false, args: ["-w", "2"] });
    const before = await server.ready(2);
    await noneFails(clientsOf(server), () => reloadAndUpgrade(server));
    await server.until("the end of the program", () => server.stdout.includes(`over ${before[0]!.pid}\n`));
    await server.fetch("/throw").catch(() => {});
    await server.logged(/finishing: uncaught error in the app[^]*Error: late/);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
  },
);

integrationTest("a program that is only checked does not listen", async (host) => {
  host.write({
    "main.ts": `const server = Deno.serve({ onListen: () => console.log("listens") }, () => new Response());
await server.finished;\n`,
  });
  const { code, stdout } = await host.run(["check", "main.ts"]);
  assertEquals([code, stdout.includes("listens")], [0, false]);
});

integrationTest("a program that ends its server leaves it to another worker", async (host) => {
  const port = freePort();
  const server = host.start({
    files: {
      "main.ts": `const server = Deno.serve({
  port: ${port},
  hostname: "127.0.0.1",
  onError: (error) => new Response(String(error), { status: 418 }),
}, (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") throw new Error("tea");
  if (pathname === "/reject") return Promise.reject(new Error("coffee"));
  if (pathname === "/end") void server.shutdown();
  return new Response(String(Deno.pid));
});
void server.finished.then(() => console.log("finished", Deno.pid));\n`,
    },
    port,
    isBound: false,
  });
  const [worker] = await server.ready(1);
  for (const [path, text] of [["/throw", "Error: tea"], ["/reject", "Error: coffee"]] as const) {
    const response = await server.fetch(path);
    assertEquals([response.status, await response.text()], [418, text]);
  }
  assertEquals(await server.text("/end"), String(worker!.pid));
  await server.until("the end of the worker", () => server.stdout.includes(`finished ${worker!.pid}\n`));
  await server.logged(/finishing: the app has ended its server \(shutdown or signal\); replacing it now/);
  const next = await server.until("another worker", async () => {
    const [found] = (await server.status())?.workers ?? [];
    return found !== undefined && found.pid !== worker!.pid && found.state === "ready" && found;
  });
  assertEquals(await server.text(), String(next.pid));
});

const failures: readonly [what: string, code: string, exit: number, message: RegExp][] = [
  [
    "a Unix socket",
    `Deno.serve({ path: "app.sock" }, () => new Response());`,
    4,
    /main\.ts:1:6: it throws while it is imported: Error: cannot serve: Deno\.serve was called with `path`/,
  ],
  [
    "TLS",
    `Deno.serve({ port: 1, cert: "c", key: "k" }, () => new Response());`,
    4,
    /called with `cert`: the server has the certificate/,
  ],
  [
    "port 0",
    `Deno.serve({ port: 0 }, () => new Response());`,
    4,
    /it asks to listen on 0\.0\.0\.0:0, and with port 0 each worker would get another port: start with --bind/,
  ],
  [
    "the same address twice",
    `Deno.serve({ port: 3999 }, () => new Response());\nDeno.serve({ port: 3999 }, () => new Response());`,
    4,
    /main\.ts:2:6: it throws .* AddrInUse: the program has started two servers for 0\.0\.0\.0:3999/,
  ],
  [
    "a server that is ended while it is loaded",
    `const server = Deno.serve({ port: 3999 }, () => new Response());\nawait server.shutdown();`,
    4,
    /cannot serve the app: it has ended its server \(shutdown or signal\) before that listened/,
  ],
  [
    "no server in time",
    `if (Date.now() === 0) Deno.serve(() => new Response());`,
    4,
    /cannot load the app: main\.ts is loaded, but neither exports an app nor has started a server until boot-timeout/,
  ],
];

for (const [what, code, exit, message] of failures) {
  integrationTest(`a start fails with the reason: ${what}`, async (host) => {
    const server = host.start({
      files: { "main.ts": `${code}\n` },
      isBound: false,
      args: ["-w", "2", "--boot-timeout", "2s"],
    });
    assertEquals(await server.exit(), { code: exit, signal: null });
    assertMatch(server.stderr, message);
  });
}

integrationTest("an address that is in use, and one that every worker wants for itself", async (host) => {
  const [port, own] = [freePort(), freePort()];
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const taken = host.start({ files: { "main.ts": program(port) }, port, isBound: false });
  assertEquals(await taken.exit(), { code: 3, signal: null });
  assertMatch(
    taken.stderr,
    new RegExp(`cannot listen: 127\\.0\\.0\\.1:${port} is in use by another program`),
  );
  listener.close();
  const listens = `Deno.listen({ hostname: "127.0.0.1", port: ${own} });\n`;
  const server = host.start({ files: { "main.ts": listens + pidApp }, args: ["-w", "2"] });
  await server.logged(/AddrInUse: .*: every worker runs this code, and only one can listen there/);
});

integrationTest(
  "workers of a program are recycled, spared and scaled without a failed request",
  async (host) => {
    const port = freePort();
    const server = host.start({
      files: { "main.ts": program(port) },
      port,
      isBound: false,
      args: ["-w", "2", "--spare-workers", "1", "--max-requests", "40"],
    });
    await server.logged(/2 workers and 1 spare of generation 1 ready/);
    const workers = async () => (await server.status())?.workers ?? [];
    const first = new Set((await workers()).map(({ pid }) => pid));
    const changes = async () => {
      await server.until(
        "only recycled workers",
        async () => (await workers()).every(({ pid }) => !first.has(pid)),
      );
      server.kill("SIGTTIN");
      await server.until(
        "a third worker",
        async () => (await workers()).filter(({ state }) => state === "ready").length >= 3,
      );
    };
    await noneFails(clientsOf(server), changes, 100);
  },
);
