import { listensToProcess, sendsToParent, usesNodeHttp } from "../../src/app/uses_of_node.ts";
import { finishedBundle } from "../../src/app/bundle/bundle_text.ts";
import { assertEquals } from "../assert.ts";

const empty = {
  map: '{"sources":[]}',
  directory: "/srv",
  entry: "/srv/main.ts",
  isMain: true,
  threads: new Map(),
};

Deno.test("a bundle that does not listen to process loads none of it, although its prelude names it", () => {
  const text = finishedBundle({
    ...empty,
    code: "/*denicorn*/\n// main.ts\nexport default () => process.env;\n",
  });
  assertEquals([listensToProcess(text), usesNodeHttp(text), sendsToParent(text)], [false, false, false]);
});

for (
  const code of [
    'process.on("SIGTERM", stop)',
    "process?.once(name, stop)",
    'import process2 from "node:process";\nprocess2.addListener("exit", stop)',
    'const { on } = require("process")',
    'globalThis.process.prependListener("exit", stop)',
  ]
) {
  Deno.test(`a bundle may listen to process: ${code}`, () => assertEquals(listensToProcess(code), true));
}

for (
  const code of [
    'process.send("ready")',
    "process?.send?.(1)",
    "import_process.default.send",
    "process2.send",
  ]
) {
  Deno.test(`a bundle may send to its parent: ${code}`, () => {
    assertEquals(sendsToParent(code), true);
  });
}

for (
  const code of [
    'var require_next = () => { module.exports = __denicorn_load("file:///srv/node_modules/", "next"); }',
    'import { createRequire } from "node:module";\nconst require2 = createRequire(import.meta.url);',
    "const plugin = __require(name)",
  ]
) {
  Deno.test(`a bundle may load what serves or listens to process: ${code}`, () => {
    const text = finishedBundle({ ...empty, code: `/*denicorn*/\n// main.ts\n${code};\n` });
    assertEquals([listensToProcess(text), usesNodeHttp(text)], [true, true]);
  });
}

Deno.test("a bundle loads nothing if it only asks for paths, or requires modules of Node", () => {
  const code =
    'var __require = () => {};\n// main.ts\n__require("fs"); __denicorn_resolver("file:///a")("b");';
  const text = finishedBundle({ ...empty, code: `/*denicorn*/${code}\n` });
  assertEquals([listensToProcess(text), usesNodeHttp(text)], [false, false]);
});
