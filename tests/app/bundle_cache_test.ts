/** A kept bundle is used only when a new one would be the same, byte for byte. */

import type { Plugin } from "esbuild";
import fc from "fast-check";
import { bundleApp, bundleModule } from "../../src/app/bundle.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import type { System } from "../../src/system/system.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { changes, editUnnoticed, harmless, library, tree } from "./bundle_changes.ts";
import { Scene, type Tree } from "./scene.ts";

const system = createSystem();

function userOf(scene: Scene): System {
  const env = (name: string) => name === "XDG_CACHE_HOME" ? `${scene.folder}/../cache` : undefined;
  return { ...system, host: { ...system.host, env } };
}

function bundle(scene: Scene, cache = true) {
  return bundleApp(userOf(scene), {
    entry: `${scene.folder}/main.ts`,
    exportName: "default",
    outfile: `${scene.runtimeDirectory}/app.mjs`,
    runtimeDirectory: scene.runtimeDirectory,
    cache,
  });
}

async function text(scene: Scene, cache = true): Promise<{ text: string; wasKept: boolean }> {
  const { outfile, wasKept, warnings, exports } = await bundle(scene, cache);
  return { text: JSON.stringify([Deno.readTextFileSync(outfile), warnings, exports]), wasKept };
}

/** As the second start finds it. */
async function keep(scene: Scene): Promise<void> {
  const { keep } = await bundle(scene);
  await keep?.();
}

/** The bundle, or the message of the error. */
async function outcome(scene: Scene, cache: boolean): Promise<string> {
  try {
    return (await text(scene, cache)).text;
  } catch (error) {
    return `${error}`;
  }
}

Deno.test("an app where nothing changed is not bundled again", async () => {
  using scene = new Scene(tree);
  const fresh = await text(scene, false);
  assertEquals((await text(scene)).wasKept, false);
  assertEquals((await text(scene)).wasKept, false);
  await keep(scene);
  const kept = await text(scene);
  assertEquals(kept, { text: fresh.text, wasKept: true });
  assertEquals((await text(scene, false)).wasKept, false);
});

for (const [name, change] of Object.entries(changes)) {
  Deno.test(`after ${name} the bundle is what it would be without a cache`, async () => {
    using scene = new Scene(tree);
    await keep(scene);
    change(scene.folder);
    const cached = await outcome(scene, true);
    assertEquals(cached, await outcome(scene, false));
    const again = await bundle(scene).catch(() => undefined);
    assertEquals(again?.wasKept ?? false, harmless.has(name));
  });
}

Deno.test("whatever happens one after the other, a bundle is what it would be without a cache", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(Object.keys(changes), { minLength: 1, maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      async (names, keeps) => {
        using scene = new Scene(tree);
        await keep(scene);
        for (const [index, name] of names.entries()) {
          try {
            changes[name]?.(scene.folder);
          } catch {
            // What it would change is gone already.
          }
          assertEquals(await outcome(scene, true), await outcome(scene, false));
          if (keeps[index]) await keep(scene).catch(() => {});
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
    using scene = new Scene(files);
    await keep(scene);
    assertEquals((await text(scene)).wasKept, false);
  });
}

Deno.test("an app that cannot be bundled is tried anew each time", async () => {
  using scene = new Scene({ "main.ts": "export default (" });
  await assertRejects(() => bundle(scene));
  scene.write({ "main.ts": "export default () => 1;" });
  assertEquals((await bundle(scene)).wasKept, false);
});

Deno.test("warnings are repeated", async () => {
  using scene = new Scene({ "main.ts": "export default (x: number) => x === -0;" });
  const { warnings } = await bundle(scene);
  await keep(scene);
  const again = await bundle(scene);
  assertEquals([again.wasKept, again.warnings], [true, warnings]);
  assertEquals(warnings.length, 1);
});

function entryOf(scene: Scene): string {
  const directory = `${scene.folder}/../cache/denicorn/bundles`;
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
    using scene = new Scene(tree);
    const fresh = await text(scene, false);
    await keep(scene);
    spoil(entryOf(scene));
    assertEquals(await text(scene), { text: fresh.text, wasKept: false });
  });
}

Deno.test("the bundle of a config file is kept apart from that of an app", async () => {
  using scene = new Scene({
    "main.ts": `import { defineConfig } from "denicorn";\nexport default defineConfig({ workers: 2 });`,
  });
  const options = {
    entry: `${scene.folder}/main.ts`,
    outfile: `${scene.runtimeDirectory}/config.mjs`,
    runtimeDirectory: scene.runtimeDirectory,
    cache: true,
  };
  const kind = { action: "test", plugins: () => [virtual] };
  const first = await bundleModule(userOf(scene), options, kind);
  await first.keep?.();
  assertEquals((await bundleModule(userOf(scene), options, kind)).wasKept, true);
  await assertRejects(() => bundle(scene));
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
  using scene = new Scene(tree);
  Deno.writeTextFileSync(`${scene.folder}/../cache`, "");
  await keep(scene);
  assertEquals((await text(scene)).wasKept, false);
});

Deno.test("a file that changes while its bundle is made anew is noticed", async () => {
  using scene = new Scene(tree);
  const { keep } = await bundle(scene);
  assert(keep !== undefined);
  const keeping = keep();
  for (let round = 0; round < 20; round++) {
    Deno.writeTextFileSync(`${scene.folder}/plain.ts`, library(`round ${round}`));
    await new Promise((done) => setTimeout(done, 3));
  }
  await keeping;
  assertEquals((await text(scene)).text, (await text(scene, false)).text);
});

Deno.test("the store stays small", async () => {
  using scene = new Scene({ "main.ts": "export default 1;" });
  await keep(scene);
  const entry = entryOf(scene);
  const old = new Date(Date.now() - 1_000_000);
  for (let index = 0; index < 70; index++) {
    Deno.copyFileSync(entry, `${entry}${index}`);
    Deno.utimeSync(`${entry}${index}`, old, old);
  }
  scene.write({ "main.ts": "export default 2;" });
  await keep(scene);
  assertEquals([...Deno.readDirSync(entry.replace(/\/[^/]*$/, ""))].length, 50);
  assertEquals((await bundle(scene)).wasKept, true);
});
