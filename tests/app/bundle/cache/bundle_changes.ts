/** An app with every kind of import that can be cached, and changes to it between two starts. */

import type { Tree } from "../../test_host.ts";

export const library = (value: string) => `export const value = "${value}";\n`;

/** Every kind of import that can be cached. */
export const tree: Tree = {
  "deno.json": JSON.stringify({
    imports: { "#mapped": "./mapped.ts", "pkg": "npm:pkg@1", "@/": "./inner/" },
  }),
  "package.json": JSON.stringify({ name: "app", type: "module" }),
  "main.ts": [
    `import { value as a } from "./plain.ts";`,
    `import { value as b } from "./guessed";`,
    `import { value as c } from "./folder";`,
    `import { value as d } from "pkg";`,
    `import { value as e } from "linked";`,
    `import { value as f } from "#mapped";`,
    `import { value as g } from "@/deep.ts";`,
    `import { value as h } from "@scope/pkg/sub";`,
    `import { value as i } from "./link/x.ts";`,
    `import data from "./data.json" with { type: "json" };`,
    `import note from "./note.txt" with { type: "text" };`,
    `import cjs from "cjs";`,
    `export default () => new Response(JSON.stringify([a, b, c, d, e, f, g, h, i, data, note, cjs]));`,
  ].join("\n"),
  "plain.ts": library("plain"),
  "guessed.ts": library("guessed"),
  "folder/index.ts": library("folder"),
  "mapped.ts": library("mapped"),
  "inner/deep.ts": `export { value } from "../plain.js";\n`,
  "other/x.ts": library("other"),
  "another/x.ts": library("another"),
  "link": { link: "other" },
  "data.json": "[1]",
  "note.txt": "note",
  "node_modules/pkg/package.json": JSON.stringify({ name: "pkg", version: "1.0.0", main: "./lib/gone" }),
  "node_modules/pkg/index.js": library("pkg"),
  "node_modules/@scope/pkg/package.json": JSON.stringify({ name: "@scope/pkg", version: "1.0.0" }),
  "node_modules/@scope/pkg/sub.js": library("sub"),
  "node_modules/cjs/package.json": JSON.stringify({ name: "cjs", version: "1.0.0", main: "main.js" }),
  "node_modules/cjs/main.js":
    `let more; try { more = require("not-there"); } catch {}\nmodule.exports = [more, "cjs"];`,
  "store/linked@1/package.json": JSON.stringify({ name: "linked", version: "1.0.0" }),
  "store/linked@1/index.js": library("linked 1"),
  "store/linked@2/package.json": JSON.stringify({ name: "linked", version: "2.0.0" }),
  "store/linked@2/index.js": library("linked 2"),
  "node_modules/linked": { link: "../store/linked@1" },
};

function relink(path: string, to: string): void {
  Deno.removeSync(path);
  Deno.symlinkSync(to, path);
}

/** Restores the modification time, as `cp -p` and `rsync -t` do. */
export function editUnnoticed(path: string, from: string, to: string): void {
  const { mtime } = Deno.statSync(path);
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace(from, to));
  if (mtime !== null) Deno.utimeSync(path, mtime, mtime);
}

/** Changes by a deployment, an installation or an editor. All but the harmless ones cause a new bundle. */
export const changes: Record<string, (app: string) => void> = {
  "an edit of the same size and time": (app) => editUnnoticed(`${app}/plain.ts`, "plain", "PLAIN"),
  "an edit of data": (app) => Deno.writeTextFileSync(`${app}/data.json`, "[2]"),
  "an edit of text": (app) => Deno.writeTextFileSync(`${app}/note.txt`, "NOTE"),
  "an edit in a package": (app) => editUnnoticed(`${app}/node_modules/cjs/main.js`, '"cjs"', '"CJS"'),
  "a file that shadows a folder": (app) => Deno.writeTextFileSync(`${app}/folder.ts`, library("shadow")),
  "a file that is found first": (app) => Deno.writeTextFileSync(`${app}/guessed.tsx`, library("shadow")),
  "a file without an ending": (app) => Deno.writeTextFileSync(`${app}/guessed`, library("shadow")),
  "an index that is found first": (app) =>
    Deno.writeTextFileSync(`${app}/folder/index.tsx`, library("shadow")),
  "a JavaScript file where TypeScript was": (app) =>
    Deno.writeTextFileSync(`${app}/plain.js`, library("script")),
  "a main file that was missing": (app) => {
    Deno.mkdirSync(`${app}/node_modules/pkg/lib`);
    Deno.writeTextFileSync(`${app}/node_modules/pkg/lib/gone.js`, library("main"));
  },
  "a folder that gets a manifest": (app) => {
    Deno.writeTextFileSync(`${app}/folder/package.json`, `{"main":"other.ts"}`);
    Deno.writeTextFileSync(`${app}/folder/other.ts`, library("other"));
  },
  "a package upgraded": (app) => {
    Deno.writeTextFileSync(
      `${app}/node_modules/pkg/package.json`,
      JSON.stringify({ name: "pkg", version: "2.0.0", exports: "./new.js" }),
    );
    Deno.writeTextFileSync(`${app}/node_modules/pkg/new.js`, library("pkg 2"));
  },
  "a package replaced whole": (app) => {
    Deno.removeSync(`${app}/node_modules/@scope`, { recursive: true });
    Deno.mkdirSync(`${app}/node_modules/@scope/pkg/sub`, { recursive: true });
    Deno.writeTextFileSync(`${app}/node_modules/@scope/pkg/sub/index.js`, library("sub 2"));
  },
  "a package of the same name nearer by": (app) => {
    Deno.mkdirSync(`${app}/inner/node_modules/pkg`, { recursive: true });
    Deno.writeTextFileSync(`${app}/inner/node_modules/pkg/index.js`, library("nearer"));
    Deno.writeTextFileSync(`${app}/inner/deep.ts`, `export { value } from "pkg";`);
  },
  "a package that was missing": (app) => {
    Deno.mkdirSync(`${app}/node_modules/not-there`);
    Deno.writeTextFileSync(`${app}/node_modules/not-there/index.js`, "module.exports = 1;");
  },
  "a package that was missing, far above": (app) => {
    Deno.mkdirSync(`${app}/../node_modules/not-there`, { recursive: true });
    Deno.writeTextFileSync(`${app}/../node_modules/not-there/index.js`, "module.exports = 1;");
  },
  "a linked package retargeted": (app) => relink(`${app}/node_modules/linked`, "../store/linked@2"),
  "a linked directory retargeted": (app) => relink(`${app}/link`, "another"),
  "a directory replaced by a link": (app) => {
    Deno.renameSync(`${app}/inner`, `${app}/moved`);
    Deno.symlinkSync("moved", `${app}/inner`);
  },
  "an import map changed": (app) =>
    Deno.writeTextFileSync(
      `${app}/deno.json`,
      JSON.stringify({
        imports: { "#mapped": "./plain.ts", "pkg": "npm:pkg@1", "@/": "./inner/" },
      }),
    ),
  "an import map in a nearer deno.json": (app) =>
    Deno.writeTextFileSync(`${app}/inner/deno.jsonc`, `{ "imports": { "../plain.js": "../mapped.ts" } }`),
  "a workspace above": (app) =>
    Deno.writeTextFileSync(
      `${app}/../deno.json`,
      `{ "workspace": ["./app"], "compilerOptions": { "useDefineForClassFields": false } }`,
    ),
  "compiler options": (app) =>
    Deno.writeTextFileSync(
      `${app}/deno.json`,
      Deno.readTextFileSync(`${app}/deno.json`).replace(
        "{",
        `{"compilerOptions":{"experimentalDecorators":true},`,
      ),
    ),
  "a tsconfig.json": (app) =>
    Deno.writeTextFileSync(
      `${app}/tsconfig.json`,
      `{ "compilerOptions": { "paths": { "pkg": ["./plain.ts"] } } }`,
    ),
  "a tsconfig.json above": (app) =>
    Deno.writeTextFileSync(`${app}/../tsconfig.json`, `{ "compilerOptions": { "target": "es5" } }`),
  "a manifest without side effects": (app) =>
    Deno.writeTextFileSync(`${app}/node_modules/cjs/package.json`, `{"main":"main.js","sideEffects":false}`),
  "a manifest above": (app) => Deno.writeTextFileSync(`${app}/../package.json`, `{"sideEffects":false}`),
  "the removal of a file": (app) => Deno.removeSync(`${app}/mapped.ts`),
  "the removal of a package": (app) => Deno.removeSync(`${app}/node_modules/cjs`, { recursive: true }),
  "a file that cannot be parsed": (app) => Deno.writeTextFileSync(`${app}/plain.ts`, "export const = ;"),
  "an import of a pattern": (app) =>
    Deno.writeTextFileSync(`${app}/plain.ts`, "export const value = import(`./inner/${Math.random()}.ts`);"),
  "a file that is not imported": (app) => Deno.writeTextFileSync(`${app}/unused.ts`, library("unused")),
  "a database next to the app": (app) => Deno.writeTextFileSync(`${app}/data.sqlite`, "x"),
};

/** Changes after which the cached bundle is still used. */
export const harmless = new Set(["a database next to the app"]);
