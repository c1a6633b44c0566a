/**
 * Two workers with `--cpu-affinity auto` and without: requests per second and latency of short answers, of answers that take about
 * 2 ms of CPU time, and of these beside a process that keeps one core busy. The client has no core of its own. Rounds go through both
 * there and back. Arguments: rounds, and seconds of load in each.
 */

import { wrk } from "./compare/drivers/wrk.ts";
import { Denicorn } from "./loss/subjects/denicorn.ts";
import { binary, median, report } from "./support/program.ts";

const bench = "cpu-affinity";
const [rounds = 5, seconds = 5] = Deno.args.map(Number);

const app = `
export default (request) => {
  let sum = 0;
  if (new URL(request.url).pathname === "/compute") {
    for (let step = 0; step < 2_000_000; step++) sum = (sum * 31 + step) | 0;
  }
  return new Response("Hello, World!" + sum);
};
`;

const shapes = { "without": [], "auto": ["--cpu-affinity", "auto"] } as const;
type Shape = keyof typeof shapes;

const loads = {
  "short answers": { path: "/", connections: 64, isBusy: false },
  "answers of 2 ms": { path: "/compute", connections: 16, isBusy: false },
  "answers of 2 ms beside a busy process": { path: "/compute", connections: 16, isBusy: true },
} as const;
type Load = keyof typeof loads;

const names = ["requests per second", "p50, µs", "p99, µs"];
const outcomes = new Map<string, number[]>();

for (let round = 0; round < rounds; round++) {
  const turn = Object.keys(shapes) as Shape[];
  for (const shape of round % 2 === 0 ? turn : turn.toReversed()) await measure(shape);
}

for (const load of Object.keys(loads) as Load[]) {
  for (const figure of names) {
    const of = (shape: Shape) => median(outcomes.get(`${load}, ${figure}, ${shape}`)!);
    for (const shape of Object.keys(shapes) as Shape[]) {
      report(bench, `${load}, ${figure}, ${shape}`, of(shape), "", of("without"));
    }
  }
}

async function measure(shape: Shape): Promise<void> {
  const server = new Denicorn({ command: binary, app, workers: 2, args: shapes[shape] });
  try {
    await server.ready();
    await wrk({ connections: 16 }, server.port, 1);
    for (const load of Object.keys(loads) as Load[]) await measureLoad(server, shape, load);
    await server.stop();
  } finally {
    await server.destroy();
  }
}

async function measureLoad(server: Denicorn, shape: Shape, load: Load): Promise<void> {
  const { isBusy, ...options } = loads[load];
  const busy = isBusy ? new Deno.Command("sh", { args: ["-c", "while :; do :; done"] }).spawn() : null;
  try {
    const { requests, seconds: took, p50 = NaN, p99 = NaN } = await wrk(options, server.port, seconds);
    const figures = [requests / took, p50 * 1_000, p99 * 1_000];
    for (const [index, name] of names.entries()) {
      const key = `${load}, ${name}, ${shape}`;
      outcomes.set(key, [...outcomes.get(key) ?? [], figures[index]!]);
    }
  } finally {
    busy?.kill("SIGKILL");
    await busy?.status;
  }
}
