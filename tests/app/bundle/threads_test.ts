/** Web Workers run bundles of their files. */

import { assertEquals, assertMatch } from "../../assert.ts";
import { testAnswer, TestHost } from "../test_host.ts";

/** An app that responds with the first message of the Web Worker at `url`. */
const starting = (url: string, before = "") =>
  `${before}const worker = new Worker(${url}, { type: "module" });
  const data = await new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
  });
  worker.terminate();
  export default { fetch: () => Response.json(data) };`;

const packages = { "node_modules/a/index.js": `module.exports = "package";` };

testAnswer("a Web Worker in TypeScript, with packages and its own place", {
  "main.ts": starting(`new URL("./threads/w.ts", import.meta.url)`),
  "threads/w.ts": `import a from "a"; import { basename } from "node:path"; import { text } from "./text.ts";
    const place: string = basename(import.meta.filename!);
    self.postMessage([a, text, place, import.meta.main, Deno.args.length]);`,
  "threads/text.ts": `export const text: string = "text";`,
  ...packages,
}, `["package","text","w.ts",true,3]`);

testAnswer("its URL in a variable, or by import.meta.resolve", {
  "main.ts": starting("url.href", `const url = new URL('w.ts', import.meta.url);`),
  "w.ts": `const inner = new Worker(import.meta.resolve("./inner.mts"), { type: "module" });
    inner.onmessage = ({ data }: MessageEvent) => self.postMessage(data);`,
  "inner.mts": `const text: string = "inner"; self.postMessage(text);`,
}, `"inner"`);

testAnswer("a Web Worker that starts itself", {
  "main.ts": starting(`new URL("./w.js", import.meta.url)`),
  "w.js": `export const again = () => new Worker(new URL("./w.js", import.meta.url)); self.postMessage(1);`,
}, "1");

Deno.test("a file that cannot be bundled gives a warning", async () => {
  using host = new TestHost({
    "main.ts": `export const start = () => new Worker(new URL("./w.ts", import.meta.url));
      export default () => new Response("served");`,
    "w.ts": "const x = {",
  });
  const { warnings } = await host.bundle();
  assertMatch(
    warnings.join(),
    /w\.ts:1:12: Expected identifier but found end of file: a Web Worker runs the file as it is$/,
  );
  assertEquals(await host.answer(), "served");
});

const thread = `const { parentPort, workerData } = require("worker_threads");
  parentPort.postMessage([workerData, require("./other.js").name, require("./data.json").n, __filename.split("/").pop()]);`;

for (
  const [name, imports] of [
    ["import", `import { Worker } from "node:worker_threads";`],
    ["require", `const { Worker } = require("worker_threads");`],
  ] as const
) {
  testAnswer(`threads of Node by ${name}: CommonJS files, by URL and by path, and TypeScript`, {
    "threads.js": `${imports}
      ${name === "import" ? "export const run =" : "exports.run ="} (file) => new Promise((resolve) => {
        const worker = new Worker(file, { workerData: 7 });
        worker.on("message", resolve); worker.on("error", (error) => resolve(error.message));
      });`,
    "main.ts": `import { run } from "./threads.js"; import { fileURLToPath } from "node:url";
      const found = [await run(new URL("./lib/a.cjs", import.meta.url)), await run(import.meta.dirname + "/lib/b.js"),
        await run(new URL("./c.ts", import.meta.url)), await run(new URL("data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.postMessage(1);"))];
      // A Worker
      export default () => Response.json(found);`,
    "lib/a.cjs": thread,
    "lib/b.js": thread,
    "lib/other.js": `exports.name = "other";`,
    "lib/data.json": `{ "n": 1 }`,
    "c.ts":
      `import { parentPort } from "node:worker_threads"; import a from "a"; parentPort!.postMessage(a as string);`,
    ...packages,
  }, `[[7,"other",1,"a.cjs"],[7,"other",1,"b.js"],"package",1]`);
}
