import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, notInThisProgram } from "./harness.ts";

const files = {
  "main.ts": `const attempt = async (use: () => unknown) => {
  try { return await use(); } catch (error) { return (error as Error).message; }
};
export default async () => Response.json([
  await attempt(() => caches.open("pages")),
  await attempt(() => localStorage.getItem("key")),
]);\n`,
};

integrationTest(
  "what only the binary lacks is named at the start, and says there what to use",
  async (host) => {
    const server = host.start({ files });
    await server.ready(1);
    await server.logged(
      /warning .*the app uses caches\.open, which fails in the binary: use a file, node:sqlite/,
    );
    await server.logged(/warning .*the app uses localStorage, which fails in the binary/);
    const [cache, local] = await (await server.fetch("/")).json();
    assertMatch(cache, /^caches\.open: the binary has no place for it: use a file, node:sqlite or Deno KV/);
    assertMatch(local, /^localStorage: the binary has no place for it/);
    assertEquals((await server.fetch("/")).status, 200);
  },
  ({ name }) => name === "binary" ? null : notInThisProgram,
);
