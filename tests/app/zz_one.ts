import { bundleApp } from "../../src/app/bundle.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { toDenicornError } from "../../src/core/errors.ts";
for (const entry of Deno.args) {
  try {
    const b = await bundleApp(createSystem(), {
      entry,
      exportName: "default",
      outfile: entry.replace(/ts$/, "mjs"),
      runtimeDirectory: "/tmp/app",
    });
    if (b.warnings.length) console.log(entry, b.inputs, Math.round(b.durationMs), b.warnings);
  } catch (e) {
    const d = toDenicornError(e);
    console.log(entry, "BUNDLE FAIL", d.code, d.message, d.detail);
  }
}
