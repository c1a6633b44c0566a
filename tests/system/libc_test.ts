import { assertEquals } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

/** Runs code in a process of its own, which has opened nothing yet. */
async function run(code: string): Promise<string> {
  const module = new URL("../../src/system/libc.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      `import { addressOf, errorNumber, lastError, libc } from ${JSON.stringify(module)};\n${code}`,
    ],
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

linuxOnly("errors and addresses can be read without the permission for FFI", async () => {
  const code = `
    const bytes = new Uint8Array(new ArrayBuffer(100));
    const before = addressOf(bytes);
    Deno.permissions.revokeSync({ name: "ffi" });
    libc().close(9999);
    const errno = errorNumber();
    libc().close(9999);
    console.log(errno, lastError("close").message, addressOf(bytes) === before && before > 0n);`;
  assertEquals(await run(code), "9 close: Bad file descriptor true");
});

linuxOnly("the address of a short array stays right while memory is collected", async () => {
  const code = `
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const address = addressOf(bytes);
    for (let round = 0; round < 2_000; round++) new Array(10_000).fill(round).map(String);
    const found = new Uint8Array(8);
    libc().memcpy(found, Deno.UnsafePointer.create(address), 8n);
    console.log(found.join() === bytes.join(), addressOf(bytes.subarray(3)) === address + 3n);`;
  assertEquals(await run(code), "true true");
});
