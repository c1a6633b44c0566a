/** A kept bundle is used only when a new one would be the same, byte for byte. */

import type { Plugin } from "esbuild";
import fc from "fast-check";
import { bundleApp, bundleModule } from "../../src/app/bundle/bundle.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import type { System } from "../../src/system/system.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { changes, editUnnoticed, harmless, library, tree } from "./bundle_changes.ts";
import { TestHost, type Tree } from "./test_host.ts";

const system = createSystem();

function userOf(host: TestHost): System {
  const env = (name: string) => name === "XDG_CACHE_HOME" ? `${host.folder}/../cache` : undefined;
  return { ...system, host: { ...system.host, env } };
}

function bundle(host: TestHost, cache = true) {
  return bundleApp(userOf(host), {
    entry: `${host.folder}/main.ts`,
    exportName: "default",
    outfile: `${host.runtimeDirectory}/app.mjs`,
    runtimeDirectory: host.runtimeDirectory,
    cache,
  });
}

async function text(host: TestHost, cache = true): Promise<{ text: string; wasKept: boolean }> {
  const { outfile, wasKept, warnings, exports } = await bundle(host, cache);
  return { text: JSON.stringify([Deno.readTextFileSync(outfile), warnings, exports]), wasKept };
}

/** As the second start finds it. */
async function keep(host: TestHost): Promise<void> {
  const { keep } = await bundle(host);
  await keep?.();
}

/** The bundle, or the message of the error. */
async function outcome(host: TestHost, cache: boolean): Promise<string> {
  try {
    return (await text(host, cache)).text;
  } catch (error) {
    return `${error}`;
  }
}

Deno.test("an app where nothing changed is not bundled again", async () => {
  using host = new TestHost(tree);
  const fresh = await text(host, false);
  assertEquals((await text(host)).wasKept, false);
  assertEquals((await text(host)).wasKept, false);
  await keep(host);
  const kept = await text(host);
  assertEquals(kept, { text: fresh.text, wasKept: true });
  assertEquals((await text(host, false)).wasKept, false);
});

for (const [name, change] of Object.entries(changes)) {
  Deno.test(`after ${name} the bundle is what it would be without a cache`, async () => {
    using host = new TestHost(tree);
    await keep(host);
    change(host.folder);
    const cached = await outcome(host, true);
    assertEquals(cached, await outcome(host, false));
    const again = await bundle(host).catch(() => undefined);
    assertEquals(again?.wasKept ?? false, harmless.has(name));
  });
}

Deno.test("whatever happens one after the other, a bundle is what it would be without a cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(Object.keys(changes), { minLength: 1, maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      async (names, keeps) => {
        using host = new TestHost(tree);
        await keep(host);
        for (const [index, name] of names.entries()) {
          try {
            changes[name]?.(host.folder);
          } catch {
            // What it would change is gone already.
          }
          assertEquals(await outcome(host, true), await outcome(host, false));
          if (keeps[index]) await keep(host).catch(() => {});
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
  Deno.test(`a bundle with ${name} is not kept`, async () => {
    using host = new TestHost(files);
    await keep(host);
    assertEquals((await text(host)).wasKept, false);
  });
}

Deno.test("an app that cannot be bundled is tried anew each time", async () => {
  using host = new TestHost({ "main.ts": "export default (" });
  await assertRejects(() => bundle(host));
  host.write({ "main.ts": "export default () => 1;" });
  assertEquals((await bundle(host)).wasKept, false);
});

Deno.test("warnings are repeated", async () => {
  using host = new TestHost({ "main.ts": "export default (x: number) => x === -0;" });
  const { warnings } = await bundle(host);
  await keep(host);
  const again = await bundle(host);
  assertEquals([again.wasKept, again.warnings], [true, warnings]);
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
    "that others may write": (entry) => Deno.chmodSync(entry, 0o622),
    "that is a link": (entry) => {
      Deno.renameSync(entry, `${entry}x`);
      Deno.symlinkSync(`${entry}x`, entry);
    },
    "whose directory others may write": (entry) => Deno.chmodSync(entry.replace(/\/[^/]*$/, ""), 0o770),
    "whose parent directory others may write": (entry) =>
      Deno.chmodSync(entry.replace(/\/bundles\/.*$/, ""), 0o777),
  })
) {
  Deno.test(`an entry ${name} is not used`, async () => {
    using host = new TestHost(tree);
    const fresh = await text(host, false);
    await keep(host);
    spoil(entryOf(host));
    assertEquals(await text(host), { text: fresh.text, wasKept: false });
  });
}

Deno.test("the bundle of a config file is kept apart from that of an app", async () => {
  using host = new TestHost({
    "main.ts": `import { defineConfig } from "denicorn";\nexport default defineConfig({ workers: 2 });`,
  });
  const options = {
    entry: `${host.folder}/main.ts`,
    outfile: `${host.runtimeDirectory}/config.mjs`,
    runtimeDirectory: host.runtimeDirectory,
    cache: true,
  };
  const kind = { action: "test", plugins: () => [virtual] };
  const first = await bundleModule(userOf(host), options, kind);
  await first.keep?.();
  assertEquals((await bundleModule(userOf(host), options, kind)).wasKept, true);
  await assertRejects(() => bundle(host));
});

const virtual: Plugin = {
  name: "virtual",
  setup(build) {
    build.onResolve({ filter: /^denicorn$/ }, ({ path }) => ({ path, namespace: "denicorn" }));
    build.onLoad({ filter: /./, namespace: "denicorn" }, () => ({
      contents: "export const defineConfig = (settings) => settings;",
    }));
  },
};

Deno.test("where nothing can be written, nothing is kept", async () => {
  using host = new TestHost(tree);
  Deno.writeTextFileSync(`${host.folder}/../cache`, "");
  await keep(host);
  assertEquals((await text(host)).wasKept, false);
});

Deno.test("a file that changes while its bundle is made anew is noticed", async () => {
  using host = new TestHost(tree);
  const { keep } = await bundle(host);
  assert(keep !== undefined);
  const keeping = keep();
  for (let round = 0; round < 20; round++) {
    Deno.writeTextFileSync(`${host.folder}/plain.ts`, library(`round ${round}`));
    await new Promise((done) => setTimeout(done, 3));
  }
  await keeping;
  assertEquals((await text(host)).text, (await text(host, false)).text);
});

Deno.test("the store stays small", async () => {
  using host = new TestHost({ "main.ts": "export default 1;" });
  await keep(host);
  const entry = entryOf(host);
  const old = new Date(Date.now() - 1_000_000);
  for (let index = 0; index < 70; index++) {
    Deno.copyFileSync(entry, `${entry}${index}`);
    Deno.utimeSync(`${entry}${index}`, old, old);
  }
  host.write({ "main.ts": "export default 2;" });
  await keep(host);
  assertEquals([...Deno.readDirSync(entry.replace(/\/[^/]*$/, ""))].length, 50);
  assertEquals((await bundle(host)).wasKept, true);
});
