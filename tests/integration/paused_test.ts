/** An app takes its worker out of steering for a while. */

import { assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const app = `
import { context, ready } from "denicorn";

export default async (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  const isMeant = Number(searchParams.get("slot")) === context().slot;
  if (pathname === "/pause" && isMeant) ready(false);
  if (pathname === "/resume" && isMeant) ready();
  return new Response(String(context().slot));
};
`;

testOnOneTarget(
  "a worker whose app has paused gets no new connections until it is ready again",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: ["--workers", "2"] });
    await server.ready(2);
    const stateOf = async (slot: number) =>
      (await server.status())?.workers.find((worker) => worker.slot === slot)?.state;
    const { hostname, port } = new URL(server.url);
    // Each on a connection of its own.
    const ask = async (path: string): Promise<string> => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(
        new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`),
      );
      const text = await new Response(connection.readable).text();
      return text.slice(-1);
    };
    const until = async (path: string, answer: string) => {
      while (await ask(path) !== answer);
    };
    await until("/pause?slot=0", "0");
    await server.until("the pause", async () => await stateOf(0) === "paused");
    const answers = new Set<string>();
    for (let i = 0; i < 40; i++) answers.add(await ask("/"));
    assertEquals([...answers], ["1"]);
    await server.logged(
      /worker=0 gen=1 pid=\d+ +wants no new connections: its app has called ready\(false\)/,
    );
    assertMatch((await host.run(["ctl", "--socket", host.controlSocket, "status"])).stdout, /0 .*paused/);

    // With all paused, all serve.
    await ask("/pause?slot=1");
    await server.until("both pauses", async () => await stateOf(1) === "paused");
    await until("/", "0");
    await until("/resume?slot=0", "0");
    await server.until("the resumption", async () => await stateOf(0) === "ready");
    await server.logged(/worker=0 gen=1 pid=\d+ +wants new connections again/);
    answers.clear();
    for (let i = 0; i < 40; i++) answers.add(await ask("/"));
    assertEquals([...answers], ["0"]);
  },
);
