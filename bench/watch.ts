/**
 * `--watch`: from a save to the first response of the new version, for a hello app with one worker; the yardstick is
 * `deno run --watch`, which starts a process again, and does not answer meanwhile. Medians of interleaved saves.
 */
import { binary, freePort, fromSource, median, report, start } from "./support/program.ts";

const saves = 10;
const folder = Deno.makeTempDirSync({ prefix: "watch-bench-" });

const fetch = (word: string) => `() => new Response("${word}\\n")`;

interface Subject {
  readonly name: string;
  readonly command: (file: string, port: number) => readonly string[];
  /** The app, which answers with `word`. */
  readonly app: (word: string) => string;
}

const watched = (command: readonly string[]): Subject["command"] => (file, port) => [
  ...command,
  ...["--watch", "--workers", "1", "--bind", `127.0.0.1:${port}`, "--log-level", "error", file],
];
const exported = (word: string) => `export default { fetch: ${fetch(word)} };\n`;

const subjects: readonly Subject[] = [
  {
    name: "deno run --watch (yardstick)",
    command: (file) => [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--watch", file],
    app: (word) =>
      `Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen() {} }, ${
        fetch(word)
      });\n`,
  },
  { name: "denicorn from source, --watch", command: watched(fromSource), app: exported },
  { name: "denicorn binary, --watch", command: watched(binary), app: exported },
];

/** Milliseconds until `port` answers with `word`. */
async function answers(port: number, word: string): Promise<number> {
  const began = performance.now();
  while (await answerOf(port) !== word) {
    if (performance.now() - began > 20_000) throw new Error(`no answer with ${word} after 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - began;
}

async function answerOf(port: number): Promise<string> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    return (await new Response(connection.readable).text()).trimEnd().split("\n").at(-1) ?? "";
  } catch {
    return "";
  }
}

const servers = [];
try {
  for (const [place, subject] of subjects.entries()) {
    const port = freePort();
    const file = `${folder}/app${place}.ts`;
    Deno.writeTextFileSync(file, subject.app("first"));
    const { stop } = await start(subject.command(file, port), port, { PORT: String(port) });
    servers.push({ ...subject, port, file, stop, times: [] as number[] });
  }
  for (let save = 0; save <= saves; save++) {
    for (const { port, file, app, times } of servers) {
      Deno.writeTextFileSync(file, app(`save-${save}`));
      const took = await answers(port, `save-${save}`);
      // The first save warms the caches.
      if (save > 0) times.push(took);
    }
  }
  const reference = median(servers[0]?.times ?? []);
  for (const { name, times } of servers) report("watch", name, median(times), "ms", reference);
  console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
} finally {
  for (const { stop } of servers) await stop();
  Deno.removeSync(folder, { recursive: true });
}
