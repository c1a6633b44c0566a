/** Languages of an app, and imports of its own files. */

import { testAnswer, testFailure } from "../test_host.ts";

/** An app that responds with the JSON of `value`. */
function answering(value: string, before = ""): string {
  return `${before}\nexport default { fetch: () => Response.json(${value}) };`;
}

testAnswer("TypeScript", {
  "main.ts": `
    import type { Missing } from "nowhere";
    import { type Also, value } from "./value.ts";
    enum Color { Red, Green }
    const app = { fetch: (_: Request, info: Deno.ServeHandlerInfo) => new Response(Color[value] + typeof info) };
    export default app satisfies { fetch: unknown };
    export type Both = Missing | Also;`,
  "value.ts": `export interface Also {} export const value: number = 1;`,
}, "Greenobject");

testAnswer(
  "a function as the app, by a name",
  {
    "main.ts": `export function app(request: Request) { return new Response(request.url); }`,
  },
  "http://app.test/",
  "main.ts:app",
);

testAnswer(
  "fetch is called on its object",
  {
    "main.mjs": `export default { greeting: "hi", fetch() { return new Response(this.greeting); } };`,
  },
  "hi",
  "main.mjs",
);

testAnswer(
  "a CommonJS app",
  { "main.js": `module.exports = { fetch: () => new Response("old") };` },
  "old",
  "main.js",
);

testAnswer("JSON with and without attributes", {
  "main.ts": answering(
    "[a, b, name]",
    `import a from "./x.json" with { type: "json" };
    import b, { name } from "./x.json";`,
  ),
  "x.json": `{ "name": "x" }`,
}, `[{"name":"x"},{"name":"x"},"x"]`);

testAnswer("text and bytes", {
  "main.ts": answering(
    "[page, style, code, [...bytes]]",
    `import page from "./page.html" with { type: "text" };
    import style from "./style.css" with { type: "text" };
    import code from "./code.ts" with { type: "text" };
    import bytes from "./data.bin" with { type: "bytes" };`,
  ),
  "page.html": "<p>ü</p>",
  "style.css": "p {}",
  "code.ts": "import.meta.url",
  "data.bin": new Uint8Array([0, 255, 10]),
}, `["<p>ü</p>","p {}","import.meta.url",[0,255,10]]`);

testAnswer("top-level await, also in imported modules and in dynamic imports", {
  "main.ts": answering("[a, (await import('./b.ts')).b]", `import { a } from "./a.ts";`)
    .replace("fetch: ()", "fetch: async ()"),
  "a.ts": `export const a = await new Promise((resolve) => setTimeout(() => resolve("a"), 1));`,
  "b.ts": `export const b = await Promise.resolve("b");`,
}, `["a","b"]`);

testAnswer("circular imports", {
  "main.ts": answering("[a(), B.name]", `import { a } from "./a.ts"; import { B } from "./b.ts";`),
  "a.ts": `import { B } from "./b.ts"; export const a = () => new B().twice(); export const two = 2;`,
  "b.ts": `import { two } from "./a.ts"; export class B { twice() { return two * 2; } }`,
}, `[4,"B"]`);

testAnswer("imports without extension, of a directory and of .js for a .ts file", {
  "main.ts": answering(
    "[a, b, c]",
    `import { a } from "./a"; import { b } from "./b"; import { c } from "./c.js";`,
  ),
  "a.ts": `export const a = 1;`,
  "b/index.ts": `export const b = 2;`,
  "c.ts": `export const c = 3;`,
}, "[1,2,3]");

testAnswer("modules of the runtime, also by bare names", {
  "main.ts": answering(
    "[join('a', 'b'), basename('/a/b'), typeof promises.readFile]",
    `
    import { join } from "node:path"; import { basename } from "path"; import promises from "fs/promises";`,
  ),
}, `["a/b","b","function"]`);

testAnswer("WebAssembly", {
  "main.ts": answering("[add(2, 3), answer]", `import { add, answer } from "./add.wasm";`),
  "env.ts": `export const base = () => 10;`,
  // (import "./env.ts" "base" (func (result i32))) (global (export "answer") i32 (i32.const 42))
  // (func (export "add") (param i32 i32) (result i32) base + param 0 + param 1)
  "add.wasm": Uint8Array.fromHex(
    "0061736d01000000010b0260000 17f60027f7f017f".replace(" ", "") +
      "02110108" + "2e2f656e762e7473" + "04" + "62617365" + "0000" +
      "03020101" + "0606017f00412a0b" +
      "07100206" + "616e73776572" + "0300" + "03616464" + "0001" +
      "0a0c010a00" + "1000" + "20006a" + "20016a0b",
  ),
}, "[15,42]");

testAnswer("standard decorators", {
  "main.ts": answering(
    "[new A().x, log]",
    `
    const log: string[] = [];
    function seen(value: unknown, context: { kind: string }) { log.push(context.kind); }
    @seen class A { @seen accessor x = 1; }`,
  ),
}, `[1,["accessor","class"]]`);

testAnswer("experimental decorators and class fields, as set in deno.json", {
  "deno.json": `{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }`,
  "main.ts": answering(
    "[keys, Object.keys(new B())]",
    `
    const keys: unknown[] = [];
    function key(target: object, name: string) { keys.push(name); }
    class A { @key declare x: number; }
    class B { y?: string; }`,
  ),
}, `[["x"],[]]`);

testAnswer("a module that is imported under two names is evaluated once", {
  "main.ts": answering("[count]", `import "./a.ts"; import "./link.ts"; import { count } from "./a.ts";`),
  "a.ts": `import { total } from "./total.ts"; export const count = ++total.value;`,
  "total.ts": `export const total = { value: 0 };`,
  "link.ts": { link: "a.ts" },
}, "[1]");

testAnswer("a top-level variable named require, module or exports", {
  "main.ts": answering(
    "[require('node:path').sep, module, exports]",
    `
    import { createRequire } from "node:module";
    const require = createRequire(import.meta.url); const module = 1; const exports = 2;`,
  ),
}, `["/",1,2]`);

testAnswer("a computed import() of the URL of a JavaScript file", {
  "main.ts": `const url = new URL("./plugins/" + ["a"][0] + ".mjs", import.meta.url).href;
    const { name } = await import(url);
    export default { fetch: () => new Response(name) };`,
  "plugins/a.mjs": `export const name = import.meta.url.split("/").pop();`,
}, "a.mjs");

testFailure(
  "a computed import() of a file that imports a package",
  {
    "main.ts": `await import(new URL("./plugins/" + ["a"][0] + ".mjs", import.meta.url).href);
      export default () => new Response();`,
    "plugins/a.mjs": `import "packed/sub";`,
    "node_modules/packed/sub.js": "",
  },
  "app-import-unsupported",
  'cannot load the app: plugins/a.mjs:1:8: "packed/sub" is imported by a file that is not in the bundle, because an ' +
    'import() with a computed name loads it: write that name, such as `import("./build/server.js")`, in a module of ' +
    "the app",
);

testAnswer("a Worker runs a file next to the source", {
  "main.ts": `const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const { data } = await new Promise((resolve) => worker.onmessage = resolve);
    worker.terminate();
    export default { fetch: () => new Response(data) };`,
  "worker.js": `import { text } from "./text.js"; postMessage(text);`,
  "text.js": `export const text = "from the worker";`,
}, "from the worker");

testAnswer("of two classes with one name, one has a number in its name", {
  "main.ts": answering("[A.name, B.name]", `import { A } from "./a.ts"; import { A as B } from "./b.ts";`),
  "a.ts": "export class A {}",
  "b.ts": "export class A {}",
}, `["A","A2"]`);
