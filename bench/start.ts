/**
 * From the start to the first answer, with two workers, against what `deno run` takes to serve the same app in one
 * process. Medians of runs taken in turn. The binary may embed an older runtime than the Deno that runs this:
 * where DENO_OF_BINARY names that runtime's Deno, it is a yardstick too.
 */
import { binary, denoRun, freePort, fromSource, median, report, root, start } from "./support/program.ts";

const runs = 15;
const app = `${root}examples/hello/main.ts`;
const alone = `${root}bench/apps/hello_alone.ts`;
const denoOfBinary = Deno.env.get("DENO_OF_BINARY");

const served = (command: readonly string[]) => (port: number) => [
  ...command,
  ...["--workers", "2", "--bind", `127.0.0.1:${port}`, "--log-level", "error", app],
];
const contenders = {
  "deno run (the yardstick)": () => [...denoRun, alone],
  ...(denoOfBinary === undefined ? {} : {
    "deno run, version of the binary": () => [denoOfBinary, ...denoRun.slice(1), alone],
  }),
  "denicorn from source, 2 workers": served(fromSource),
  "denicorn binary, 2 workers": served(binary),
} satisfies Record<string, (port: number) => readonly string[]>;

const times = new Map<string, number[]>();
for (let run = 0; run <= runs; run++) {
  for (const [name, command] of Object.entries(contenders)) {
    const port = freePort();
    const { took, stop } = await start(command(port), port, { PORT: String(port) });
    await stop();
    // The first run fills caches.
    if (run > 0) times.set(name, [...times.get(name) ?? [], took]);
  }
}
const yardstick = median(times.get("deno run (the yardstick)") ?? []);
for (const [name, values] of times) report("start", name, median(values), "ms", yardstick);
