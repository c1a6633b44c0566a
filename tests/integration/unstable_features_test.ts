import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const main = `const deno = Deno as unknown as Record<string, unknown>;
const kv = "openKv" in deno ? await Deno.openKv(import.meta.dirname + "/data.kv") : null;
export default async () => {
  if (kv !== null) await kv.set(["key"], "stored");
  const value = kv === null ? null : (await kv.get(["key"])).value;
  return Response.json([value, "KvU64" in deno, "UnsafeWindowSurface" in deno, "cron" in deno]);
};\n`;

integrationTest("an app gets the unstable features that its deno.json names", async (host) => {
  const files = { "main.ts": main, "deno.json": `{ "unstable": ["kv", "temporal", "cron", "otel"] }` };
  const server = host.start({ files });
  await server.ready(1);
  assertEquals(await (await server.fetch("/")).json(), [
    "stored",
    true,
    false,
    true,
  ]);
  const [line] = await server.logged(/unstable "otel" .*/);
  assertMatch(line, /unstable "otel" in deno\.json has no effect: set OTEL_DENO for Deno itself/);
});

integrationTest("an app without such names sees none of them", async (host) => {
  const server = host.start({ files: { "main.ts": main } });
  await server.ready(1);
  assertEquals(await (await server.fetch("/")).json(), [null, false, false, false]);
});
