/**
 * The dashboard in a real browser. With DENICORN_SCREENSHOTS=FOLDER and ALL_TARGETS=1 its screenshots are kept there:
 * scripts/screenshots.ts makes those of the README.
 */

import type { Page } from "playwright-core";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { assertAccessible, browserTest as testInBrowser, sees } from "./browser.ts";
import { freePort, integrationTest, type TestHost, testOnOneTarget } from "./harness.ts";

const token = "0123456789abcdef";
/** Takes a while, as real apps do, so that there is something to see. */
const busyApp = `export default async () => {
  await new Promise((resolve) => setTimeout(resolve, 5 + 60 * Math.random() ** 4));
  return new Response("done");
};\n`;
const withToken = { DENICORN_ADMIN_TOKEN: token };
const pictures = Deno.env.get("DENICORN_SCREENSHOTS");

/** What the page does is the same with both runtimes. */
function browserTest(name: string, body: Parameters<typeof testInBrowser>[1]): void {
  testInBrowser(name, body, testOnOneTarget);
}

async function giveToken(page: Page, given: string): Promise<void> {
  await page.fill("#token", given);
  await page.click("text=Use token");
}

browserTest(
  "the page shows workers and load as they change, and scales with the token",
  async (host, open) => {
    const port = freePort();
    const args = ["--workers", "2", "--admin-bind", `127.0.0.1:${port}`];
    const server = host.start({ files: { "main.ts": busyApp }, args, env: withToken });
    await server.ready(2);
    const url = `http://127.0.0.1:${port}/`;
    const { page, complaints } = await open(url, { viewport: { width: 1100, height: 900 } });
    await sees(page, "#connection", /^live$/);
    assertEquals(await page.textContent("#app"), "main.ts");
    assertEquals(await page.locator(".worker").count(), 2);
    await Promise.all(Array.from({ length: 20 }, () => server.text()));
    await sees(page, "#charts .card:nth-child(1) .keys", /[1-9]/);
    await sees(page, "#charts .card:nth-child(2) .keys", /p50 [\d.]+ ms/);
    await page.locator('#charts path[d*="L"]').first().waitFor({ state: "attached" });

    // Without a token, with a wrong one, with the right one.
    await page.click("#add");
    await sees(page, "#message", /needs the admin token/);
    await giveToken(page, token.replace("0", "1"));
    await page.click("#add");
    await sees(page, "#message", /does not accept this token/);
    assertEquals((await server.status())?.target, 2);
    assertEquals(complaints.filter((text) => !text.includes("401")), []);
    await giveToken(page, token);
    await page.fill("#count", "3");
    await page.click("text=/^Scale$/");
    await sees(page, "#message", /^scale: /);
    await server.ready(3);
    await page.locator(".worker").nth(2).waitFor();
    await sees(page, "#events li", /scaled.*2 -> 3 \(requested\)/);
    await page.click("#remove");
    await server.ready(2);
    await sees(page, "#message", /^scale: 2 workers are ready/);
    await page.click("#reload");
    await page.click("#no");
    await page.click("#reload");
    await page.click("#yes");
    await server.ready(2, 2);
    await sees(page, "#events li", /reload-complete/);
    await sees(page, "#message", /^reload: 2 workers are ready/);
    await page.locator(".worker").nth(2).waitFor({ state: "detached" });

    // A reload that fails stays in sight until it is acknowledged.
    const failing = await Deno.readTextFile(`${host.folder}/main.ts`);
    await Deno.writeTextFile(`${host.folder}/main.ts`, `${failing}\nconst 1 = 2;\n`);
    await page.click("#reload");
    await page.click("#yes");
    await sees(page, "#banner-text", /^reload failed, generation 2 keeps serving: .*main\.ts:\d+:\d+/);
    await sees(page, "#headline .good", /^serving$/);
    await assertAccessible(page);
    await page.click("#dismiss");
    await page.locator("#banner").waitFor({ state: "hidden" });
    await Deno.writeTextFile(`${host.folder}/main.ts`, failing);

    await page.locator(".worker").first().getByRole("button").press("Enter");
    await sees(page, "#question", /^Recycle worker \d\?/);
    await page.click("#yes");
    await sees(page, "#message", /^recycle: worker \d is drained as soon as/);
    await sees(page, "#events li", /worker-due.*requested/);
    await server.ready(2);

    // What was before the page was opened, and its values by the keyboard.
    const remembered = page.waitForResponse(/\/history$/);
    await page.reload();
    const { near, far } = await (await remembered).json();
    assert(near.length > 5 && far.length > 0, "the master remembers");
    await sees(page, "#connection", /^live$/);
    await page.locator('#charts .card:nth-child(1) path.a[d*="L"]').waitFor({ state: "attached" });
    await page.locator('#charts .card:nth-child(1) path.reload[d*="v"]').waitFor({ state: "attached" });
    await page.locator(".plot").first().press("ArrowLeft");
    await page.locator('.plot[aria-valuetext*="p99"]').waitFor();

    const [victim] = await server.ready(2);
    Deno.kill(victim!.pid, "SIGKILL");
    await sees(page, "#events li", /worker-died.*SIGKILL/);
    await server.ready(2);
    await page.click("#near");
    await page.mouse.move(0, 0);
    await picture(page, host, "light", server);
    assertEquals(complaints.filter((text) => !/status of (401|500)/.test(text)), []);
  },
);

browserTest("the page fits a phone, in dark mode", async (host, open) => {
  const port = freePort();
  const args = ["--workers", "2", "--admin-bind", `127.0.0.1:${port}`];
  const server = host.start({ files: { "main.ts": busyApp }, args });
  await server.ready(2);
  const { page, complaints } = await open(`http://127.0.0.1:${port}/`, {
    ...{ viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true },
  });
  await sees(page, "#connection", /^live$/);
  await Promise.all(Array.from({ length: 20 }, () => server.text()));
  await sees(page, "#charts .card:nth-child(2) .keys", /p99 [\d.]+ ms/);
  const [width, background] = await page.evaluate(
    "[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]",
  ) as [number, string];
  assertEquals(width, 390, "nothing is wider than the screen");
  assertMatch(background, /^rgb\((\d|[0-4]\d), (\d|[0-4]\d), (\d|[0-4]\d)\)$/);
  await page.click("#near");
  await picture(page, host, "dark", server);
  await page.click("#reload");
  await page.click("#yes");
  await sees(page, "#message", /changes need a token: start the server with/);
  assertEquals(complaints.filter((text) => !text.includes("403")), []);
});

browserTest(
  "the page reconnects after a restart, and a stop does not wait for it",
  async (host, open) => {
    const port = freePort();
    const args = ["--admin-bind", `127.0.0.1:${port}`];
    const first = host.start({ files: { "main.ts": pidApp }, args });
    await first.ready(1);
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await sees(page, "#connection", /^live$/);
    first.kill("SIGTERM");
    assertEquals((await first.exit()).code, 0);
    await sees(page, "#connection", /trying again/);
    await sees(page, "#banner-text", /^server gone since \d\d:\d\d:\d\d/);
    assert(await page.locator("#reload").isDisabled(), "what would not reach the server is off");
    const second = host.start({ files: { "main.ts": pidApp }, args });
    await second.ready(1);
    await sees(page, "#connection", /^live$/);
    await sees(page, "#about", new RegExp(`master ${second.pid}`));
    const before = second.pid;
    second.kill("SIGUSR2");
    await second.upgraded();
    assert(second.pid !== before);
    await sees(page, "#about", new RegExp(`master ${second.pid}`));
    await sees(page, "#connection", /^live$/);
  },
);

browserTest(
  "on an address that other machines reach, the page asks for the token first",
  async (host, open) => {
    const port = freePort();
    const args = ["--admin-bind", `0.0.0.0:${port}`];
    const server = host.start({ files: { "main.ts": pidApp }, args, env: withToken });
    await server.ready(1);
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await sees(page, "#connection", /token needed/);
    assertEquals(await page.locator(".worker").count(), 0);
    assert(!(await page.content()).includes("main.ts"), "the page by itself contains no data");
    await giveToken(page, "wrong-but-well-formed");
    await sees(page, "#message", /does not accept/);
    await giveToken(page, token);
    await sees(page, "#connection", /^live$/);
    await page.reload();
    await sees(page, "#connection", /^live$/);
    await page.click("#forget");
    await sees(page, "#connection", /token needed/);
  },
);

browserTest("many workers are a table that fits, with the blocked one first", async (host, open) => {
  const port = freePort();
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--admin-bind", `127.0.0.1:${port}`] });
  await server.ready(1);
  const status = await server.status();
  const [worker] = status!.workers;
  const workers = Array.from({ length: 32 }, (_, slot) => ({
    ...{
      ...worker!,
      slot,
      pid: 1_000 + slot,
      isStalled: slot === 17,
      heartbeatAge: slot === 17 ? 2_400 : 20,
    },
    inFlight: slot % 5,
  }));
  // As many real ones would keep the machine busy for long.
  const body = `event: status\ndata: ${JSON.stringify({ ...status!, target: 32, workers })}\n\n`;
  const { page } = await open("about:blank", { viewport: { width: 1280, height: 800 } });
  await page.route("**/live", (route) => route.fulfill({ contentType: "text/event-stream", body }));
  await page.goto(`http://127.0.0.1:${port}/`);
  const row = (place: number) => `#worker-rows tr:nth-child(${place})`;
  await sees(page, row(1), /^17blocked.*2\.4 s/);
  await page.locator(row(32)).waitFor();
  const height = await page.locator("#worker-table").evaluate((table) =>
    table.getBoundingClientRect().height
  );
  const hidden = await page.locator("#worker-table").evaluate((table) =>
    table.scrollHeight - table.clientHeight
  );
  assert(height < 800 && hidden === 0, `${height} pixels high, of which ${hidden} are not shown`);
  await page.locator("#worker-heads button", { hasText: "in flight" }).press("Enter");
  await page.locator('th[aria-sort="descending"]').waitFor();
  await sees(page, row(1), /^4ready/);
  await assertAccessible(page);
});

const tasksApp = `
export const tasks = {
  fail() {
    throw new Error("it cannot be done");
  },
};
export default { fetch: () => new Response("ok") };
`;

browserTest(
  "the page shows tasks, pauses them, and tries dead ones again with the token",
  async (host, open) => {
    const port = freePort();
    const args = ["--admin-bind", `127.0.0.1:${port}`];
    const server = host.start({ files: { "main.ts": tasksApp }, args, env: withToken });
    await server.ready(1);
    const { page, complaints } = await open(`http://127.0.0.1:${port}/`);
    await sees(page, "#task-workers .worker", /^Task worker 0\s*ready/);
    const added = await host.run([
      "ctl",
      "--socket",
      host.controlSocket,
      "tasks",
      "add",
      "fail",
      "--retries",
      "0",
    ]);
    assertEquals(added.code, 0);
    await sees(page, "#backlog", /1 dead/);
    await sees(page, "#task-names .card", /^fail.*dead\s*1/);
    await sees(page, "#dead-tasks", /^1 dead: give the admin token to see them$/);
    await giveToken(page, token);
    await sees(page, "#dead-tasks li", /fail 1.*it cannot be done \(attempt 1\)/);
    await page.click("#dead-tasks button");
    await sees(page, "#message", /^tasks retry: 1 task is tried again$/);
    await sees(page, "#task-names .card", /dead\s*2/);
    await page.click("#pause");
    await sees(page, "#task-problem", /they are paused$/);
    await sees(page, "#pause", /^Resume$/);
    await page.click("#pause");
    await sees(page, "#pause", /^Pause$/);
    assertEquals(complaints, []);
  },
);

integrationTest("the page may load nothing but itself; other clients get text", async (host) => {
  const port = freePort();
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--admin-bind", `127.0.0.1:${port}`],
  });
  await server.ready(1);
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const ask = (accept: string) => fetch(`http://127.0.0.1:${port}/`, { headers: { accept }, client });
  const page = await ask("text/html,*/*;q=0.8");
  const html = await page.text();
  assertMatch(html, /^<!doctype html><html/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assertMatch(policy, /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+';/);
  assert(!policy.includes("unsafe"));
  assert(!/ (src|on\w+|style)=/.test(html.replace(/<(script|style)\b.*?<\/\1>/gs, "")), "no inline handlers");
  assertMatch(await (await ask("*/*")).text(), /^Denicorn\n/);
});

/** Takes a screenshot, after some load if it is kept. */
async function picture(page: Page, host: TestHost, name: string, server: { text(): Promise<string> }) {
  const keeps = pictures !== undefined;
  const end = performance.now() + 45_000;
  for (let turn = 0; keeps && performance.now() < end; turn++) {
    const burst = 5 + Math.round(60 * (1 + Math.sin(turn / 12)));
    await Promise.all(Array.from({ length: burst }, () => server.text()));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const path = keeps ? `${pictures}/${name}.png` : `${host.folder}/${name}.png`;
  const image = await page.screenshot({ path, fullPage: name === "light" });
  assert(image.length > 5_000, "something is drawn");
}
