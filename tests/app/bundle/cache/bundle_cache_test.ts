/** A cached bundle is used only when a new one would be the same, byte for byte. */

import type { Plugin } from "esbuild";
import fc from "fast-check";
import { bundleApp, bundleModule } from "../../../../src/app/bundle/bundle.ts";
import { createSystem } from "../../../../src/system/deno_system.ts";
import type { System } from "../../../../src/system/system.ts";
import { assert, assertEquals, assertRejects } from "../../../assert.ts";
import { changes, editUnnoticed, harmless, library, tree } from "./bundle_changes.ts";
import { TestHost, type Tree } from "../../test_host.ts";

const system = createSystem();

function userOf(host: TestHost): System {
  const env = (name: string) => name === "XDG_CACHE_HOME" ? `${host.folder}/../cache` : undefined;
  return { ...system, host: { ...system.host, env } };
}

function bundle(host: TestHost, cache = true) {
  return bundleApp(userOf(host), {
    entry: `${host.folder}/main.ts`,
    exportName: "default",
    runtimeDirectory: host.runtimeDirectory,
    cache,
  });
}

async function text(host: TestHost, cache = true): Promise<{ text: string; fromCache: boolean }> {
  const { text, fromCache, warnings, exports } = await bundle(host, cache);
  return { text: JSON.stringify([text, warnings, exports]), fromCache };
}

/** Puts the bundle into the cache, where the next start finds it. */
async function fill(host: TestHost): Promise<void> {
  const { addToCache } = await bundle(host);
  await addToCache?.();
}

/** The bundle, or the message of the error. */
async function outcome(host: TestHost, cache: boolean): Promise<string> {
  try {
    return (await text(host, cache)).text;
  } catch (error) {
    return `${error}`;
  }
}

Deno.test("an app that did not change is not bundled again", async () => {
  using host = new TestHost(tree);
  const fresh = await text(host, false);
  assertEquals((await text(host)).fromCache, false);
  assertEquals((await text(host)).fromCache, false);
  await fill(host);
  const cached = await text(host);
  assertEquals(cached, { text: fresh.text, fromCache: true });
  assertEquals((await text(host, false)).fromCache, false);
});

for (const [name, change] of Object.entries(changes)) {
  Deno.test(`after ${name} the bundle is what it would be without a cache`, async () => {
    using host = new TestHost(tree);
    await fill(host);
    change(host.folder);
    const cached = await outcome(host, true);
    assertEquals(cached, await outcome(host, false));
    const again = await bundle(host).catch(() => undefined);
    assertEquals(again?.fromCache ?? false, harmless.has(name));
  });
}

Deno.test("after any sequence of changes a bundle is what it would be without a cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(Object.keys(changes), { minLength: 1, maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      async (names, fills) => {
        using host = new TestHost(tree);
        await fill(host);
        for (const [index, name] of names.entries()) {
          try {
            changes[name]?.(host.folder);
          } catch {
            // The file it would change was removed by an earlier one.
          }
          assertEquals(await outcome(host, true), await outcome(host, false));
          if (fills[index]) await fill(host).catch(() => {});
        }
      },
    ),
    { numRuns: 15 },
  );
});

for (
  const [name, files] of Object.entries<Tree>({
    "a pattern": { "main.ts": "export default () => import(`./p/${Math.random()}.ts`);", "p/a.ts": "" },
    "a file that may be missing": {
      "main.ts": `import "x";\nexport default 1;`,
      "node_modules/x/index.js": `try { require("./build/addon.node") } catch {}`,
    },
    "a tsconfig.json with others": {
      "main.ts": "export default 1;",
      "tsconfig.json": `{ "extends": "./base.json" }`,
      "base.json": "{}",
    },
    "a tsconfig.json with paths": {
      "main.ts": `import "y";\nexport default 1;`,
      "tsconfig.json": `{ "compilerOptions": { "paths": { "y": ["./y.ts"] } } }`,
      "y.ts": "",
    },
  })
) {
  Deno.test(`a bundle with ${name} is not cached`, async () => {
    using host = new TestHost(files);
    await fill(host);
    assertEquals((await text(host)).fromCache, false);
  });
}

Deno.test("an app that cannot be bundled is bundled again at each start", async () => {
  using host = new TestHost({ "main.ts": "export default (" });
  await assertRejects(() => bundle(host));
  host.write({ "main.ts": "export default () => 1;" });
  assertEquals((await bundle(host)).fromCache, false);
});

Deno.test("warnings are repeated", async () => {
  using host = new TestHost({ "main.ts": "export default (x: number) => x === -0;" });
  const { warnings } = await bundle(host);
  await fill(host);
  const again = await bundle(host);
  assertEquals([again.fromCache, again.warnings], [true, warnings]);
  assertEquals(warnings.length, 1);
});

function entryOf(host: TestHost): string {
  const directory = `${host.folder}/../cache/denicorn/bundles`;
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assertEquals(names.length, 1, "one entry and no draft");
  return `${directory}/${names[0]}`;
}

for (
  const [name, spoil] of Object.entries<(entry: string) => void>({
    "that is cut short": (entry) => Deno.truncateSync(entry, 5000),
    "that is empty": (entry) => Deno.truncateSync(entry, 0),
    "that was altered": (entry) => editUnnoticed(entry, '"plain"', '"PLAIN"'),
    "others can write to": (entry) => Deno.chmodSync(entry, 0o622),
    "that is a link": (entry) => {
      Deno.renameSync(entry, `${entry}x`);
      Deno.symlinkSync(`${entry}x`, entry);
    },
    "whose directory others can write to": (entry) => Deno.chmodSync(entry.replace(/\/[^/]*$/, ""), 0o770),
    "whose parent directory others can write to": (entry) =>
      Deno.chmodSync(entry.replace(/\/bundles\/.*$/, ""), 0o777),
  })
) {
  Deno.test(`an entry ${name} is not used`, async () => {
    using host = new TestHost(tree);
    const fresh = await text(host, false);
    await fill(host);
    spoil(entryOf(host));
    assertEquals(await text(host), { text: fresh.text, fromCache: false });
  });
}

Deno.test("the bundle of a config file is cached separately from that of an app", async () => {
  using host = new TestHost({
    "main.ts": `import { defineConfig } from "settings";\nexport default defineConfig({ workers: 2 });`,
  });
  const options = {
    entry: `${host.folder}/main.ts`,
    outfile: `${host.runtimeDirectory}/config.mjs`,
    runtimeDirectory: host.runtimeDirectory,
    cache: true,
  };
  const kind = { action: "test", plugins: () => [virtual] };
  const first = await bundleModule(userOf(host), options, kind);
  await first.addToCache?.();
  assertEquals((await bundleModule(userOf(host), options, kind)).fromCache, true);
  await assertRejects(() => bundle(host));
});

const virtual: Plugin = {
  name: "virtual",
  setup(build) {
    build.onResolve({ filter: /^settings$/ }, ({ path }) => ({ path, namespace: "settings" }));
    build.onLoad({ filter: /./, namespace: "settings" }, () => ({
      contents: "export const defineConfig = (settings) => settings;",
    }));
  },
};

Deno.test("a cache that cannot be written to stays empty", async () => {
  using host = new TestHost(tree);
  Deno.writeTextFileSync(`${host.folder}/../cache`, "");
  await fill(host);
  assertEquals((await text(host)).fromCache, false);
});

Deno.test("a file that changes while its bundle is made again is noticed", async () => {
  using host = new TestHost(tree);
  const { addToCache } = await bundle(host);
  assert(addToCache !== undefined);
  const adding = addToCache();
  for (let round = 0; round < 20; round++) {
    Deno.writeTextFileSync(`${host.folder}/plain.ts`, library(`round ${round}`));
    await new Promise((done) => setTimeout(done, 3));
  }
  await adding;
  assertEquals((await text(host)).text, (await text(host, false)).text);
});

Deno.test("the cache stays small", async () => {
  using host = new TestHost({ "main.ts": "export default 1;" });
  await fill(host);
  const entry = entryOf(host);
  const old = new Date(Date.now() - 1_000_000);
  for (let index = 0; index < 70; index++) {
    Deno.copyFileSync(entry, `${entry}${index}`);
    Deno.utimeSync(`${entry}${index}`, old, old);
  }
  host.write({ "main.ts": "export default 2;" });
  await fill(host);
  assertEquals([...Deno.readDirSync(entry.replace(/\/[^/]*$/, ""))].length, 50);
  assertEquals((await bundle(host)).fromCache, true);
});
