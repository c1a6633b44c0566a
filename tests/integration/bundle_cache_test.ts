import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget, until } from "./harness.ts";

const files = {
  "main.ts": `import { text } from "./text.ts";\nexport default () => new Response(text);\n`,
  "text.ts": `export const text = "one";\n`,
  "denicorn.config.ts": `export default { workers: 2 };\n`,
};
const args = ["--log-level", "debug"];

testOnOneTarget("a start from unchanged files uses the cached bundle", async (host) => {
  const env = { XDG_CACHE_HOME: `${host.folder}/cache` };
  const first = host.start({ files, args, env });
  await first.ready(2);
  assertMatch(first.stderr, /bundled: 2 files/);
  const kept = `${host.folder}/cache/denicorn/bundles`;
  await until("both bundles are in the cache", () => {
    try {
      return [...Deno.readDirSync(kept)].filter(({ isFile }) => isFile).length === 2;
    } catch {
      return false;
    }
  });
  first.kill("SIGTERM");
  assertEquals((await first.exit()).code, 0);

  const second = host.start({ files: {}, args, env });
  await second.ready(2);
  assertEquals(await second.text(), "one");
  assertMatch(second.stderr, /bundle found in the cache: 2 files/);
  // Like a deployment that keeps times and sizes.
  const { mtime } = Deno.statSync(`${host.folder}/text.ts`);
  host.write({ "text.ts": files["text.ts"].replace("one", "two") });
  if (mtime !== null) Deno.utimeSync(`${host.folder}/text.ts`, mtime, mtime);
  second.kill("SIGHUP");
  await second.ready(2, 2);
  assertEquals(await second.text(), "two");
  second.kill("SIGTERM");
  assertEquals((await second.exit()).code, 0);
  assertEquals(second.leftovers(), []);

  const third = host.start({ files: {}, args: [...args, "--bundle-cache", "off"], env });
  await third.ready(2);
  assert(!third.stderr.includes("bundle found in the cache"));
});
