/** What tests of programs for Node.js share. */

import { noneFails } from "./again_and_again.ts";
import type { TestHost } from "./harness.ts";
import type { Server } from "./server.ts";

const packages = [
  "express",
  "fastify",
  "koa",
  "ws",
  "hono",
  "@hono/node-server",
  "@nestjs/common",
  "@nestjs/core",
  "@nestjs/platform-express",
  "reflect-metadata",
  "rxjs",
  "socket.io",
];

/** Installs the packages in the folder of a test. */
export function linkPackages(host: TestHost): void {
  const installed = new URL("../../node_modules/", import.meta.url).pathname;
  for (const name of packages) {
    const path = `${host.folder}/node_modules/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.symlinkSync(Deno.realPathSync(installed + name), path);
  }
}

/** Reloads while clients ask on new and on kept connections, and checks that each got its answer. */
export async function underReload(server: Server): Promise<void> {
  using kept = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  using other = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  const onKept = [kept, other].map((client) => () => fetch(server.url, { client }));
  const onNew = () => server.fetch();
  await noneFails([onNew, onNew, ...onKept], async () => {
    const { generation } = (await server.status())!.workers[0]!;
    server.kill("SIGHUP");
    await server.ready(2, generation + 1);
  });
}
