import { assert, assertEquals } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

linuxOnly(
  "a fine timer fires until it is stopped, and a signal that is on its way then ends nothing",
  async () => {
    const module = new URL("../../src/system/clock.ts", import.meta.url).href;
    const code = `
    import { clock } from "${module}";
    for (let round = 0; round < 100; round++) {
      let fired = 0;
      await new Promise((resolve) => {
        const stop = clock.everyFine(1, () => {
          if (++fired < 3) return;
          // Meanwhile the next signal arrives.
          for (const end = performance.now() + 2; performance.now() < end;);
          stop();
          resolve();
        });
      });
      Deno.kill(Deno.pid, "SIGALRM");
      if (fired !== 3) throw new Error("it fired " + fired + " times");
    }
    console.log("stopped");
  `;
    const { code: exitCode, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--ext=ts",
        `data:application/typescript,${encodeURIComponent(code)}`,
      ],
    }).output();
    const text = new TextDecoder();
    assertEquals([exitCode, signal], [0, null], text.decode(stderr));
    assert(text.decode(stdout).includes("stopped"));
  },
);
