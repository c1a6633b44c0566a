/**
 * How fast files are served, beside nginx with the same files and as many workers. Short ones, a longer one and one that is
 * a stream; what a client has already; and what looking for a file costs an app. Rounds alternate between the servers.
 * Needs `wrk`; nginx is fetched as for `make bench`.
 */
import { findTools, programs } from "./compare/setup/tools.ts";
import { binary, freePort, fromSource, median, report, start } from "./support/program.ts";

const bench = "static";
const rounds = 5;
const workers = 2;
const seconds = 2;

const folder = Deno.makeTempDirSync();
const files = { "1k.html": 1_024, "10k.js": 10_240, "100k.bin": 102_400, "1m.bin": 1_048_576 } as const;
// The workers of nginx run as another user.
Deno.chmodSync(folder, 0o755);
Deno.mkdirSync(`${folder}/public`);
for (const [name, size] of Object.entries(files)) {
  Deno.writeFileSync(`${folder}/public/${name}`, new Uint8Array(size).fill(120));
}
Deno.writeTextFileSync(`${folder}/main.ts`, `export default () => new Response("Hello, World!");\n`);

const nginx = "nginx";
const servers = new Map<string, (port: number) => readonly string[]>([
  [nginx, nginxCommand],
  ["binary", (port) => denicorn(binary, port, ["--static", "/=./public"])],
  ["source", (port) => denicorn(fromSource, port, ["--static", "/=./public"])],
  ["binary without --static", (port) => denicorn(binary, port, [])],
  ["source without --static", (port) => denicorn(fromSource, port, [])],
]);

const { missing } = await findTools(true);
if (missing.has("nginx")) {
  console.log(`nginx: skipped (${missing.get("nginx")})`);
  servers.delete(nginx);
}
const running = await Promise.all(
  Array.from(servers, async ([name, command]) => {
    const port = freePort();
    return { name, port, ...await start(command(port), port) };
  }),
);
try {
  for (const file of Object.keys(files)) {
    await compare(file, `/${file}`, running.filter(({ name }) => !name.includes("without")));
  }
  const ask = [`If-None-Match: *`] as const;
  await compare("304", "/10k.js", running.filter(({ name }) => !name.includes("without")), ask);
  await compare("the app", "/none", running.filter(({ name }) => name !== nginx));
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
  console.log("skipped, because wrk was not found");
} finally {
  for (const { stop } of running) await stop();
  Deno.removeSync(folder, { recursive: true });
}

/** The first of `among` is the yardstick; of the app, each program without files is its own. */
async function compare(
  what: string,
  path: string,
  among: readonly { readonly name: string; readonly port: number }[],
  headers: readonly string[] = [],
): Promise<void> {
  const rates = new Map(among.map(({ name }) => [name, [] as number[]]));
  for (const { port } of among) await rate(port, path, headers);
  for (let round = 0; round < rounds; round++) {
    for (const { name, port } of among) rates.get(name)!.push(await rate(port, path, headers));
  }
  const of = (name: string) => median(rates.get(name) ?? []);
  for (const { name } of among) {
    const without = `${name.split(" ")[0]} without --static`;
    report(
      bench,
      `${what}, ${name}`,
      of(name),
      "req/s",
      of(rates.has(without) ? without : among[0]!.name),
    );
  }
}

async function rate(port: number, path: string, headers: readonly string[]): Promise<number> {
  const fields = headers.flatMap((field) => ["-H", field]);
  const { stdout } = await new Deno.Command("wrk", {
    args: ["-t1", "-c32", `-d${seconds}s`, ...fields, `http://127.0.0.1:${port}${path}`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const isWrong = headers.length === 0 && text.includes("Non-2xx");
  if (isWrong) throw new Error(`port ${port} does not serve ${path}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
}

function denicorn(program: readonly string[], port: number, more: readonly string[]): readonly string[] {
  const options = ["--chdir", folder, "--bind", `127.0.0.1:${port}`, "-w", String(workers), ...more];
  return [...program, ...options, "main.ts"];
}

function nginxCommand(port: number): readonly string[] {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/${name};`
  );
  Deno.writeTextFileSync(
    `${folder}/nginx.conf`,
    `daemon off;
worker_processes ${workers};
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  ${temporary.join("\n  ")}
  types { text/html html; text/javascript js; }
  server { listen 127.0.0.1:${port} reuseport; root ${folder}/public; }
}
`,
  );
  return [...programs.nginx, "-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`];
}
