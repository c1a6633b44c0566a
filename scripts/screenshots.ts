/**
 * Makes the screenshots of the dashboard in docs/, in a real browser: `make screenshots`. Beside them is the sum of the page
 * that they show, and a test compares it with that of the page as it is.
 */

import { createPage } from "../src/control/page/page.tsx";
import { sha256 } from "../src/core/sha256.ts";
import { BuildError, root, run, runScript } from "./workspace.ts";

const folder = `${root}/docs/dashboard`;
export const pageSumPath = `${folder}/page.sha256`;

/** The expected content of `pageSumPath`. */
export async function pageSum(): Promise<string> {
  return `${sha256(await createPage()().text()).toHex()}\n`;
}

const pictures = ["light", "dark"].map((name) => `${folder}/${name}.png`);

async function main(): Promise<void> {
  const began = Date.now();
  const env = {
    DENICORN_SCREENSHOTS: folder,
    ALL_TARGETS: "1",
    BINARY_UNDER_TEST: `${root}/dist/denicorn`,
  };
  await run(Deno.execPath(), ["test", "-A", "--no-check", "tests/integration/page_test.ts"], env);
  for (const picture of pictures) {
    const { mtime } = await Deno.stat(picture);
    if (mtime !== null && mtime.getTime() >= began) continue;
    throw new BuildError(`cannot make the screenshots: ${picture} was not written: is there a Chromium?`);
  }
  await Deno.writeTextFile(pageSumPath, await pageSum());
  console.log(`wrote ${[...pictures, pageSumPath].map((path) => path.slice(root.length + 1)).join(", ")}`);
}

if (import.meta.main) await runScript(main);
