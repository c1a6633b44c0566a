/** Bundles the script of the dashboard: `make docs` writes it, and a test compares. */

import { build, stop } from "esbuild";
import { BuildError, root } from "./workspace.ts";

/** The bundle is a source file, so that the program is the same from source and compiled. */
export const pageBundlePath = `${root}/src/control/page/client_bundle.ts`;

/** The expected content of `pageBundlePath`. */
export async function bundlePage(): Promise<string> {
  const { errors, outputFiles } = await build({
    entryPoints: [`${root}/src/control/page/browser/main.ts`],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    write: false,
    logLevel: "silent",
  }).finally(stop);
  const script = outputFiles[0]?.text.trim();
  if (script === undefined) throw new BuildError(`cannot bundle the page: ${errors[0]?.text}`);
  // The script is part of the page, where these would end it.
  if (/<\/script|<!--/i.test(script)) {
    throw new BuildError("cannot bundle the page: its script contains </script or <!--");
  }
  return "/** Made from `browser/` by `make docs`; do not edit. */\n" +
    `export const script = ${JSON.stringify(script)};\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(pageBundlePath, await bundlePage());
  console.log(`wrote ${pageBundlePath.slice(root.length + 1)}`);
}
