/** The config file of docs/hooks.md does what the page says. */

import { assertEquals } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const page = Deno.readTextFileSync(new URL("../../docs/hooks.md", import.meta.url));

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(page)?.[1] ?? "";
}

const files = {
  "main.ts": `export default () => new Response("ok");\n`,
  "denicorn.config.ts": block("ts"),
};

testOnOneTarget("docs/hooks.md: its config file prints what the page shows", async (host) => {
  const server = host.start({ files });
  await server.until("whenReady", () => server.stdout.includes("ready with"));
  assertEquals(await server.text(), "ok");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.stdout.replace(/ +$/gm, ""), block("text"));
});

testOnOneTarget(
  "docs/hooks.md: a request is refused as the page says, and check calls no hook",
  async (host) => {
    const server = host.start({ files });
    await server.ready(1);
    const response = await server.fetch("/", { headers: { "x-refused": "1" } });
    assertEquals([response.status, await response.text()], [500, "Internal Server Error"]);
    await server.logged(/GET \/: hook preRequest of denicorn\.config\.ts threw Error: no entry/);
    const { code, stdout } = await host.run(["check", "main.ts"]);
    assertEquals([code, stdout], [0, "main.ts: settings and app are good\n"]);
  },
);
