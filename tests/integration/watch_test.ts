/** `--watch`: a save is served soon, a broken one never. */

import { assertEquals, assertMatch } from "../assert.ts";
import { browserTest } from "./browser.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const app = (word: string) =>
  `import { name } from "./lib/name.ts";
export default () => new Response(\`${word} \${name}\`);\n`;
const files = { "main.ts": app("hello"), "lib/name.ts": `export const name = "one";\n` };

async function answers(server: Server, text: string): Promise<void> {
  await server.until(text, async () => await server.text("/") === text);
}

testOnOneTarget("a save of any file of the app is served, and nothing else is a reason", async (host) => {
  const server = host.start({ files, args: ["-w", "2", "--watch"] });
  await server.ready(2);
  await answers(server, "hello one");
  host.write({ "lib/name.ts": `export const name = "two";\n` });
  await answers(server, "hello two");
  assertMatch(server.stderr, /watch: \S+\/lib\/name\.ts changed$/m);
  // As editors do that write another file first.
  Deno.writeTextFileSync(`${host.folder}/main.ts.new`, app("good day"));
  Deno.renameSync(`${host.folder}/main.ts.new`, `${host.folder}/main.ts`);
  await answers(server, "good day two");
  host.write({ "data.json": "{}", "unrelated.ts": "export {};\n", "lib/notes.txt": "x" });
  host.write({ "main.ts": app("good night") });
  await answers(server, "good night two");
  assertEquals(server.stderr.match(/watch: .* changed$/gm)?.length, 3);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

testOnOneTarget(
  "a broken save leaves the last good version serving, until the next good one",
  async (host) => {
    const server = host.start({ files, args: ["-w", "1", "--reload"] });
    await server.ready(1);
    host.write({ "main.ts": "export default () => {\n" });
    await server.logged(/main\.ts:2/);
    await answers(server, "hello one");
    host.write({
      "main.ts": `import { word } from "./word.ts";\nexport default () => new Response(word);\n`,
    });
    await server.logged(/word\.ts/);
    await answers(server, "hello one");
    host.write({ "word.ts": `export const word = "found";\n` });
    await answers(server, "found");
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

testOnOneTarget("directories that are removed and come back are followed", async (host) => {
  const server = host.start({ files, args: ["-w", "1", "--watch"] });
  await server.ready(1);
  Deno.removeSync(`${host.folder}/lib`, { recursive: true });
  await server.logged(/lib\/name\.ts/);
  await answers(server, "hello one");
  host.write({ "lib/name.ts": `export const name = "back";\n` });
  await answers(server, "hello back");
  host.write({ "lib/name.ts": `export const name = "again";\n` });
  await answers(server, "hello again");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

testOnOneTarget(
  "the config file and environment files are followed, also if there was none",
  async (host) => {
    const environment = `export default () => new Response(Deno.env.get("WORD") ?? "none");\n`;
    const server = host.start({ files: { "main.ts": environment }, args: ["-w", "1", "--watch"] });
    await server.ready(1);
    await answers(server, "none");
    host.write({
      "denicorn.config.ts": `export default { envFile: "development.env" };\n`,
      "development.env": "WORD=first\n",
    });
    await answers(server, "first");
    host.write({ "development.env": "WORD=second\n" });
    await answers(server, "second");
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

testOnOneTarget("modules that the config file imports are followed, such as its hooks", async (host) => {
  const hooks = (word: string) => `export const onReload = () => console.log("hook ${word}");\n`;
  const server = host.start({
    files: {
      "main.ts": files["main.ts"].replace(/import.*\n/, "const name = 1;\n"),
      "denicorn.config.ts": `import { onReload } from "./hooks.ts";\nexport default { onReload };\n`,
      "hooks.ts": hooks("one"),
    },
    args: ["--watch"],
  });
  await server.ready(1);
  host.write({ "hooks.ts": hooks("two") });
  await server.until("the new hook", () => server.stdout.includes("hook two"));
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

browserTest(
  "an open page loads itself again at each save, and shows why a version does not start",
  async (host, open) => {
    const page = (word: string) =>
      `export default () => new Response("<h1>${word}</h1>", { headers: { "content-type": "text/html" } });\n`;
    const server = host.start({ files: { "main.ts": page("one") }, args: ["-w", "2", "--watch"] });
    await server.ready(2);
    const { page: tab } = await open(server.url);
    const heading = (text: string) => tab.locator("h1", { hasText: text }).waitFor();
    const dialog = tab.locator("dialog");
    await heading("one");
    host.write({ "main.ts": page("two") });
    await heading("two");
    host.write({ "main.ts": "export default () => {\n" });
    await dialog.filter({ hasText: "cannot load the app: main.ts:2" }).waitFor();
    await heading("two");
    // An error of the app while it is imported.
    host.write({ "main.ts": 'throw new Error("not today");\n' + page("three") });
    await dialog.filter({ hasText: "not today" }).waitFor();
    host.write({ "main.ts": page("four") });
    await heading("four");
    assertEquals(await dialog.count(), 0);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

testOnOneTarget("pages stay as they are with --watch=no-refresh, and without --watch", async (host) => {
  const html = `export default () => new Response("<p>", { headers: { "content-type": "text/html" } });\n`;
  for (const [args, text] of [[["--watch=no-refresh"], "<p>"], [[], "<p>"]] as const) {
    const server = host.start({ files: { "main.ts": html }, args: ["-w", "1", ...args] });
    await server.ready(1);
    const headers = { accept: "text/html" };
    assertEquals(await server.text("/", { headers }), text);
    assertEquals(await server.text("/.denicorn/refresh", { headers }), text);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  }
});
