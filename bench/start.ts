/**
 * From the start to the first response, with two workers: cold, where the app is bundled, and warm, with a cached
 * bundle; of hello (the yardstick is `deno run` serving the same app in one process), of the guestbook, and of the
 * guestbook with 300 more modules. Medians of interleaved runs. The binary may embed an older runtime than the Deno
 * that runs this: set DENO_OF_BINARY to the Deno of that version to measure it as well. APP=large runs one app only.
 */
import { writeLargeApp } from "./support/large_app.ts";
import { binary, denoRun, freePort, fromSource, median, report, root, start } from "./support/program.ts";

const runs = 15;
const denoOfBinary = Deno.env.get("DENO_OF_BINARY");
const scratch = Deno.makeTempDirSync({ prefix: "start-bench-" });

type Command = (port: number) => readonly string[];

const served =
  (command: readonly string[], app: string, ...options: readonly string[]): Command => (port) => [
    ...command,
    ...["--workers", "2", "--bind", `127.0.0.1:${port}`, "--log-level", "error", ...options, app],
  ];

/** Cold and warm starts, from source and of the binary. */
const startsOf = (app: string): Record<string, Command> => ({
  "denicorn from source, 2 workers, cold": served(fromSource, app, "--bundle-cache", "off"),
  "denicorn from source, 2 workers, warm": served(fromSource, app),
  "denicorn binary, 2 workers, cold": served(binary, app, "--bundle-cache", "off"),
  "denicorn binary, 2 workers, warm": served(binary, app),
});

const alone = `${root}bench/apps/hello_alone.ts`;
const yardstick = "deno run (yardstick)";
const starts: Record<string, Record<string, Command>> = {
  hello: {
    [yardstick]: () => [...denoRun, alone],
    ...(denoOfBinary === undefined ? {} : {
      "deno run, version of the binary": () => [denoOfBinary, ...denoRun.slice(1), alone],
    }),
    ...startsOf(`${root}examples/hello/main.ts`),
  },
  guestbook: startsOf(`${root}examples/guestbook/main.ts`),
  large: startsOf(writeLargeApp(`${scratch}/large`)),
};

/** Deno empties its code caches if another version uses them, so the other version gets its own directory. */
const otherCache = `${scratch}/deno`;
Deno.mkdirSync(otherCache);
Deno.symlinkSync(`${await denoDir()}/npm`, `${otherCache}/npm`);

try {
  for (const [app, commands] of Object.entries(starts)) {
    if ((Deno.env.get("APP") ?? app) !== app) continue;
    const times = await measure(app, commands);
    const reference = median(Object.values(times)[0] ?? []);
    for (const [name, values] of Object.entries(times)) {
      report("start", `${app}: ${name}`, median(values), "ms", reference);
    }
  }
} finally {
  Deno.removeSync(scratch, { recursive: true });
}

async function measure(app: string, commands: Record<string, Command>): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  const run = (name: string, command: Command) => {
    const port = freePort();
    const isOther = command(port)[0] === denoOfBinary;
    return start(command(port), port, {
      PORT: String(port),
      XDG_CACHE_HOME: cacheOf(app, name),
      GUESTBOOK_DB: `${scratch}/guestbook.sqlite`,
      ...(isOther ? { DENO_DIR: otherCache } : {}),
    });
  };
  for (const [name, command] of Object.entries(commands)) {
    if (!name.endsWith("warm")) continue;
    const { stop } = await run(name, command);
    await cached(cacheOf(app, name));
    await stop();
  }
  for (let round = 0; round <= runs; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const { took, stop } = await run(name, command);
      await stop();
      // The first round fills caches.
      if (round > 0) (times[name] ??= []).push(took);
    }
  }
  return times;
}

/** One for each app and each way to run Denicorn, so that it is known when its bundle is there. */
function cacheOf(app: string, name: string): string {
  return `${scratch}/${app}-${name.includes("binary") ? "binary" : "source"}`;
}

/** Waits until a bundle is in the cache, which happens some seconds after a start. */
async function cached(cache: string): Promise<void> {
  for (let waited = 0; !hasBundle(cache); waited++) {
    if (waited === 200) throw new Error("no bundle was cached");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
