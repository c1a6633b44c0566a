import { assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

/** Runs `body` in a process of its own, where `arm` is the function under test. */
async function run(body: string): Promise<{ readonly signal: string | null; readonly stdout: string }> {
  const module = new URL("../../../src/system/processes/dead_mans_switch.ts", import.meta.url).href;
  const program = `import { endUnlessCalledWithin as arm } from ${JSON.stringify(module)};
const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
${body}
console.log("alive");`;
  const { signal, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--no-lock", program],
    stderr: "null",
  }).output();
  return { signal, stdout: new TextDecoder().decode(stdout) };
}

linuxOnly(
  "a blocked event loop ends the process by SIGALRM, and each call allows the time again",
  async () => {
    assertEquals(
      await run("for (let i = 0; i < 4; i++) { arm(2000); block(800); } arm(400); block(60_000);"),
      {
        signal: "SIGALRM",
        stdout: "",
      },
    );
  },
);

linuxOnly("with 0 the event loop may be blocked for ever", async () => {
  assertEquals(await run("arm(300); arm(0); block(700);"), { signal: null, stdout: "alive\n" });
});

linuxOnly("an app that handles SIGALRM keeps its handler, and is never ended by it", async () => {
  const body = `arm(60_000);
const signalled = Promise.withResolvers();
Deno.addSignalListener("SIGALRM", signalled.resolve);
arm(200);
arm(200);
block(500);
Deno.kill(Deno.pid, "SIGALRM");
await signalled.promise;
Deno.removeSignalListener("SIGALRM", signalled.resolve);`;
  assertEquals(await run(body), { signal: null, stdout: "alive\n" });
});

linuxOnly("a process that the app starts is not ended", async () => {
  const body = `arm(1000);
setInterval(() => arm(1000), 50);
const { code, signal } = await new Deno.Command("sleep", { args: ["2"] }).output();
if (code !== 0 || signal !== null) throw new Error();
console.log("alive");
Deno.exit(0);`;
  assertEquals(await run(body), { signal: null, stdout: "alive\n" });
});
