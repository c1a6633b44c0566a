/**
 * The time from the start to the first response, with two workers, compared with `deno run` serving the same app in one
 * process: cold, where the app is bundled, and warm, with the bundle of an earlier start. Medians of alternating runs.
 * The binary may embed an older runtime than the Deno that runs this benchmark: set DENO_OF_BINARY to a Deno of that
 * version to compare with it, too.
 */
import { binary, denoRun, freePort, fromSource, median, report, root, start } from "./support/program.ts";

const runs = 15;
const app = `${root}examples/hello/main.ts`;
const alone = `${root}bench/apps/hello_alone.ts`;
const denoOfBinary = Deno.env.get("DENO_OF_BINARY");

const serveWith = (command: readonly string[], ...options: readonly string[]) => (port: number) => [
  ...command,
  ...["--workers", "2", "--bind", `127.0.0.1:${port}`, "--log-level", "error", ...options, app],
];
const cold = ["--bundle-cache", "off"];
const contenders = {
  "deno run (yardstick)": () => [...denoRun, alone],
  ...(denoOfBinary === undefined ? {} : {
    "deno run, version of the binary": () => [denoOfBinary, ...denoRun.slice(1), alone],
  }),
  "denicorn from source, 2 workers, cold": serveWith(fromSource, ...cold),
  "denicorn from source, 2 workers, warm": serveWith(fromSource),
  "denicorn binary, 2 workers, cold": serveWith(binary, ...cold),
  "denicorn binary, 2 workers, warm": serveWith(binary),
} satisfies Record<string, (port: number) => readonly string[]>;

/** A Deno of another version discards the code caches it finds, so the other version gets its own directory. */
const otherCache = Deno.makeTempDirSync({ prefix: "start-bench-" });
Deno.symlinkSync(`${await denoDir()}/npm`, `${otherCache}/npm`);
/** One for each way to run Denicorn, because both would use the same bundles. */
const userCaches = [fromSource, binary].map(() => Deno.makeTempDirSync({ prefix: "start-bench-" }));

const times = new Map<string, number[]>();
try {
  await warmUp(serveWith(fromSource), userCaches[0]);
  await warmUp(serveWith(binary), userCaches[1]);
  for (let run = 0; run <= runs; run++) {
    for (const [name, command] of Object.entries(contenders)) {
      const port = freePort();
      const isOther = command(port)[0] === denoOfBinary;
      const { took, stop } = await start(command(port), port, {
        PORT: String(port),
        XDG_CACHE_HOME: userCaches[name.includes("binary") ? 1 : 0] ?? "",
        ...(isOther ? { DENO_DIR: otherCache } : {}),
      });
      await stop();
      // The first run only fills caches.
      if (run > 0) times.set(name, [...times.get(name) ?? [], took]);
    }
  }
} finally {
  Deno.removeSync(otherCache, { recursive: true });
  for (const cache of userCaches) Deno.removeSync(cache, { recursive: true });
}
const yardstick = median(times.get("deno run (yardstick)") ?? []);
for (const [name, values] of times) report("start", name, median(values), "ms", yardstick);

/** Starts the server once. The bundle is written to the cache a few seconds after the start. */
async function warmUp(command: (port: number) => readonly string[], cache = ""): Promise<void> {
  const port = freePort();
  const { stop } = await start(command(port), port, { XDG_CACHE_HOME: cache });
  for (let waited = 0; !hasBundle(cache); waited++) {
    if (waited === 200) throw new Error("no bundle was written to the cache within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
}

function hasBundle(cache: string): boolean {
  try {
    const names = Array.from(Deno.readDirSync(`${cache}/denicorn/bundles`), ({ name }) => name);
    return names.some((name) => !name.startsWith("new-"));
  } catch {
    return false;
  }
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
