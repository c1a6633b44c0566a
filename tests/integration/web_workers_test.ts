import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

integrationTest("a Web Worker in TypeScript with packages, also after a reload", async (host) => {
  const files = {
    "main.ts": `const worker = new Worker(new URL("./thread.ts", import.meta.url), { type: "module" });
export default () => new Promise<Response>((resolve) => {
  worker.onmessage = ({ data }) => resolve(new Response(data));
  worker.postMessage("ask");
});\n`,
    "thread.ts": `import text from "a-package";
self.onmessage = (event: MessageEvent<string>) => self.postMessage(event.data + " " + text + " " + Deno.args);\n`,
    "node_modules/a-package/index.js": `module.exports = "package";\n`,
  };
  const server = host.start({ files, app: null, args: ["main.ts", "--", "x"] });
  await server.ready(1);
  assertEquals(await server.text(), "ask package x");
  host.write({ "node_modules/a-package/index.js": `module.exports = "newer";\n` });
  server.kill("SIGHUP");
  await server.ready(1, 2);
  assertEquals(await server.text(), "ask newer x");
});
