/**
 * What `--worker-class` does to the time of requests where an app computes: of a hundred requests 28 block their worker for
 * 20 ms, 2 for 200 ms, and 70 not at all. Two workers, beside Gunicorn's sync workers with the same costs; requests arrive at
 * random, on new connections or on kept ones. Rounds alternate between the servers. Arguments: rounds and seconds.
 */
import { findGunicorn } from "./loss/find_gunicorn.ts";
import { binary, denoRun, freePort, fromSource, median, report, start } from "./support/program.ts";

interface Outcome {
  readonly requests: number;
  readonly failures: readonly string[];
  readonly percentiles: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
}

const bench = "worker-classes";
const [rounds = 5, seconds = 10] = Deno.args.map(Number);
const workers = 2;
/** With 9.6 ms for each request on average, both workers are busy for 29 % of the time. */
const rate = 60;
const client = new URL("classes/visit_main.ts", import.meta.url).pathname;
const folder = new URL("classes/", import.meta.url).pathname;
const connections = ["new", "kept"] as const;

const servers = new Map<string, (port: number) => readonly string[]>(
  (["source", "binary"] as const).flatMap((name) =>
    (["async", "sync"] as const).map((workerClass) => [
      `${workerClass}, ${name}`,
      (port: number) => denicorn(name === "source" ? fromSource : binary, workerClass, port),
    ])
  ),
);
const venv = Deno.makeTempDirSync();
const gunicorn = await findGunicorn(venv);
if ("program" in gunicorn) {
  servers.set("Gunicorn sync", (port) => [
    ...[gunicorn.program, "--chdir", folder, "--bind", `127.0.0.1:${port}`, "--workers", `${workers}`],
    ...["--worker-class", "sync", "--log-level", "error", "wsgi:app"],
  ]);
} else console.log(`Gunicorn: skipped (${gunicorn.missing})`);

try {
  for (const kind of connections) await compare(kind);
} finally {
  Deno.removeSync(venv, { recursive: true });
}

/** Each server runs alone: one that is idle takes a little of a core, too. */
async function compare(kind: typeof connections[number]): Promise<void> {
  const outcomes = new Map<string, Outcome[]>();
  for (let round = 0; round < rounds; round++) {
    // There and back, so that a machine that becomes busier is no disadvantage of the last one.
    const turn = round % 2 === 0 ? [...servers] : [...servers].reverse();
    for (const [name, command] of turn) {
      const port = freePort();
      const { stop } = await start(command(port), port);
      try {
        outcomes.set(name, [...outcomes.get(name) ?? [], await visit(kind, port, round)]);
      } finally {
        await stop();
      }
    }
  }
  for (const path of ["/alive", "/page", "/report"]) {
    for (const percentile of ["p50", "p99"] as const) {
      const of = (name: string) =>
        median((outcomes.get(name) ?? []).map(({ percentiles }) => percentiles[path]![percentile]));
      for (const name of servers.keys()) {
        const yardstick = of(name.includes("binary") ? "async, binary" : "async, source");
        report(
          bench,
          `${kind} connections, ${path} ${percentile}, ${name}`,
          1_000 * of(name),
          "µs",
          1_000 * yardstick,
        );
      }
    }
  }
  for (const [name, all] of outcomes) {
    const failures = all.flatMap(({ failures }) => failures);
    if (failures.length > 0) console.log(`${kind} connections, ${name}, failed: ${failures.join(", ")}`);
  }
}

async function visit(kind: string, port: number, seed: number): Promise<Outcome> {
  const [program, ...args] = [
    ...denoRun,
    "--no-check",
    client,
    ...[port, rate, seconds, seed].map(String),
    kind,
  ];
  const { stdout, stderr, success } = await new Deno.Command(program!, { args }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`the client failed: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}

function denicorn(program: readonly string[], workerClass: string, port: number): readonly string[] {
  const options = ["--bind", `127.0.0.1:${port}`, "--workers", `${workers}`, "--worker-class", workerClass];
  return [...program, ...options, "--log-level", "error", `${folder}app.ts`];
}
