/** The commands of docs/tutorial.md, in their order, do what the page says. */

import { assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";

const page = Deno.readTextFileSync(new URL("../../docs/tutorial.md", import.meta.url));
const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
const start = "denicorn\n";

/** By the first line of a block that ends: what it prints. */
const outputs: Readonly<Record<string, (text: string) => void>> = {
  "curl http://127.0.0.1:8000/": (text) => assertEquals(text, "Hello from Denicorn!\n"),
  "sed -i 's/workers: \"auto\"/workers: 4/' denicorn.config.ts": (text) =>
    assertMatch(text.trim(), /^workers = 4 \(config file denicorn\.config\.ts\)$/),
  "denicorn ctl reload --wait": (text) => assertMatch(text, /4 workers are ready\n[^]*4 of 4 workers ready/),
  "sed -i 's/Hello from Denicorn!/Welcome to the shop!/' main.ts": (text) =>
    assertStringIncludes(text, "Welcome to the shop!\n"),
  "cp main.ts good.ts": (text) =>
    assertMatch(text, /main\.ts:\d+:10: [^]*the exit code is 4\nWelcome to the shop!\n$/),
  "denicorn ctl scale +1 --wait": (text) => assertMatch(text, /of 5 workers ready/),
  "denicorn check": (text) => assertMatch(text, /main\.ts: settings and app are good\n[^]*steering/),
  "denicorn ctl stop --wait": (text) => assertMatch(text, /^stop done: /),
};

/** What `block` prints in a shell that stops at the first error. */
async function run(host: TestHost, block: string, cwd: string): Promise<string> {
  const path = `${host.folder}/bin:${Deno.env.get("PATH")}`;
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["-ec", `exec 2>&1\n${block}`],
    cwd,
    // Without its figures, curl prints only answers.
    env: { ...host.environment, PATH: path, CURL_HOME: host.folder },
    clearEnv: true,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  // The doctor may find something on this machine.
  if (!block.includes("doctor")) assertEquals(code, 0, `${block}\n${text}`);
  return text;
}

function hasCurl(): boolean {
  try {
    return new Deno.Command("curl", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

testOnOneTarget("docs/tutorial.md: the commands in their order", async (host) => {
  const program = host.target.command.map((word) => `'${word}'`).join(" ");
  host.write({ "bin/denicorn": `#!/bin/sh\nexec ${program} "$@"\n`, ".curlrc": "silent\n" });
  Deno.chmodSync(`${host.folder}/bin/denicorn`, 0o755);
  const [first, second, ...others] = blocks as [string, string, ...string[]];
  assertEquals(second, start);
  await run(host, first, host.folder);
  const shop = `${host.folder}/shop`;
  const port = freePort();
  const config = `${shop}/denicorn.config.ts`;
  Deno.writeTextFileSync(config, Deno.readTextFileSync(config).replace(":8000", `:${port}`));
  const server = host.start({ files: {}, app: null, isBound: false, cwd: shop, port });
  await server.until("an answer", async () => (await server.text().catch(() => "")) !== "");
  for (const block of others) {
    const text = await run(host, block.replaceAll(":8000", `:${port}`), shop);
    const check = outputs[block.split("\n")[0]!];
    if (check === undefined) throw new Error(`say in this test what this prints: ${block}`);
    check(text);
  }
  assertEquals((await server.exit()).code, 0);
}, hasCurl() ? null : "curl is not installed");
