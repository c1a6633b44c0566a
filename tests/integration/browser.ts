/** Tests in a real browser, Chromium. */

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { assertEquals } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

const chromium = (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/chromium`).find(isThere);
const lacking = chromium === undefined ? "chromium is not on PATH" : null;

/** `open` opens a page in a context of its own, as another visitor would. */
export function browserTest(
  name: string,
  body: (host: TestHost, open: typeof openPage) => Promise<void>,
  register = testOnOneTarget,
): void {
  register(name, async (host) => {
    const { chromium: driver } = await import("playwright-core");
    // As root, as in containers, Chromium refuses to start with its sandbox.
    const browser = await driver.launch({ executablePath: chromium!, args: ["--no-sandbox"] });
    try {
      await body(host, (url, options) => openPage(url, options, browser));
    } finally {
      await browser.close();
    }
  }, lacking);
}

/** Opens the page; errors of the browser are collected in `complaints`. */
async function openPage(url: string, options: BrowserContextOptions = {}, browser?: Browser) {
  const context = await browser!.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    if (new URL(request.url()).host !== new URL(url).host && !request.url().startsWith("data:")) {
      complaints.push(`requests another host: ${request.url()}`);
    }
  });
  await page.goto(url);
  return { page, complaints };
}

/** Waits until the text of an element matches. */
export async function sees(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: pattern }).first().waitFor({ timeout: 20_000 });
}

/** Fails if axe-core objects to the page, light or dark, on a wide screen or a phone. */
export async function assertAccessible(page: Page): Promise<void> {
  const { source } = (await import("axe-core")).default;
  const before = page.viewportSize();
  // As a script of the driver: the policy of the page allows no other.
  await page.evaluate(source);
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate("axe.run()") as AxeResults;
      const shown = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      assertEquals(shown, [], `${colorScheme}, ${width} pixels wide`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before !== null) await page.setViewportSize(before);
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
