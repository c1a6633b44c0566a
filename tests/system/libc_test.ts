import { assertEquals } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

/** Runs code in a process of its own, which has opened nothing yet. */
async function run(code: string): Promise<string> {
  const module = new URL("../../src/system/libc.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", `import { libc } from ${JSON.stringify(module)};\n${code}`],
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

linuxOnly("a function of the C library is opened when it is first used, and once", async () => {
  const counting = `
    const opened = [];
    const { dlopen } = Deno;
    Deno.dlopen = (name, symbols) => {
      opened.push(...Object.keys(symbols));
      return dlopen(name, symbols);
    };
    libc().getpgrp();
    libc().getpgrp();
    console.log(opened.join());`;
  assertEquals(await run(counting), "__errno_location,getpgrp");
});

for (const call of ["Deno.permissions.revokeSync", "await Deno.permissions.revoke"]) {
  linuxOnly(`functions that are not open yet stay usable after ${call}`, async () => {
    const code = `
      libc();
      ${call}({ name: "ffi" });
      console.log(libc().getpgrp() > 0, Deno.permissions.querySync({ name: "ffi" }).state === "granted");`;
    assertEquals(await run(code), "true false");
  });
}
