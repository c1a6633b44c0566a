/** What tests of programs for Node.js share. */

import { assertEquals } from "../assert.ts";
import type { TestHost } from "./harness.ts";
import type { Server } from "./server.ts";

const packages = ["express", "fastify", "koa", "ws", "hono", "@hono/node-server"];

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
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const clients = [0, 1, 2, 3].map(async (number) => {
    using kept = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
    while (!isOver) {
      try {
        const response = number % 2 === 0 ? await server.fetch() : await fetch(server.url, { client: kept });
        const text = await response.text();
        if (response.status !== 200) failures.push(`${response.status} ${text}`);
        answered++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  const { generation } = (await server.status())!.workers[0]!;
  server.kill("SIGHUP");
  try {
    await server.ready(2, generation + 1);
  } finally {
    isOver = true;
    await Promise.all(clients);
  }
  assertEquals([failures, answered > 20], [[], true]);
}
