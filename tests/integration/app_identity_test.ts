import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const files = {
  "main.ts": `import process, { argv } from "node:process";
import { isMain } from "./lib.ts";
export default () => Response.json({
  main: [import.meta.main, isMain, Deno.mainModule === import.meta.url],
  deno: Deno.args,
  node: process.argv.slice(2),
  named: argv.slice(2),
  script: process.argv[1] === import.meta.filename,
});\n`,
  "lib.ts": "export const isMain = import.meta.main;\n",
};

integrationTest("an app is the main module of its process, and gets the arguments after --", async (host) => {
  const server = host.start({
    files,
    args: ["main.ts", "--", "--verbose", "-w9", "", "--", "x,y"],
    app: null,
  });
  await server.ready(1);
  const args = ["--verbose", "-w9", "", "--", "x,y"];
  assertEquals(await (await server.fetch("/")).json(), {
    main: [true, false, true],
    deno: args,
    node: args,
    named: args,
    script: true,
  });
});

integrationTest("without arguments, and after a reload that changes them", async (host) => {
  const config = (args: string[]) => ({ "denicorn.config.json": JSON.stringify({ args }) });
  const server = host.start({ files: { ...files, ...config([]) } });
  await server.ready(1);
  const given = async () => (await (await server.fetch("/")).json()).deno;
  assertEquals(await given(), []);
  host.write(config(["--colour", "green"]));
  server.kill("SIGHUP");
  await server.until("the new arguments", async () => String(await given()) === "--colour,green");
});
