/**
 * Imports a bundle as a worker does and prints, as JSON, the response of the app or why it cannot be loaded:
 *
 *     runner BUNDLE SOURCE EXPORT
 */

import { importApp } from "../../src/app/load/import_app.ts";
import { toDenicornError } from "../../src/core/errors.ts";

const [bundle = "", source = "", exportName = ""] = Deno.args;
try {
  const { app } = await importApp({
    bundle,
    source,
    exportName,
    appType: "fetch",
    workingDirectory: Deno.cwd(),
  }, { servers: [] });
  if (app?.kind !== "fetch") throw new Error("it exports no app for fetch");
  const { promise: completed } = Promise.withResolvers<void>();
  const response = await app.fetch(new Request("http://app.test/"), {
    remoteAddr: { transport: "tcp" },
    completed,
  });
  const lines = (await response.text()).split("\n");
  // The last frames differ between a runner from source and a compiled one.
  print({ text: lines.filter((line) => !line.includes(import.meta.url)).join("\n") });
} catch (error) {
  const { code, message, detail } = toDenicornError(error);
  print({ error: { code, message, detail } });
}

/** Prints on the last line: the app may have printed before. */
function print(result: unknown): void {
  console.log(`\n${JSON.stringify(result)}`);
}
