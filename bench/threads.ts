/**
 * Four workers as four processes, as two processes of two threads and as one of four: memory, throughput, boot, and how
 * many of 40 requests in flight are lost when a worker exits, loops or is killed. Rounds go through the servers there and
 * back. Arguments: rounds, and seconds of load in each.
 */

import { parseCpuSeconds } from "../src/system/processes/proc_stat.ts";
import { wrk } from "./compare/drivers/wrk.ts";
import { Denicorn } from "./loss/subjects/denicorn.ts";
import { binary, fromSource, median, report } from "./support/program.ts";

const bench = "threads";
const [rounds = 5, seconds = 5] = Deno.args.map(Number);

const app = `
export default async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/loop") for (;;);
  if (pathname === "/exit") Deno.exit(1);
  if (pathname === "/pid") return new Response(String(Deno.pid));
  if (pathname === "/wait") await new Promise((resolve) => setTimeout(resolve, 2_000));
  return new Response("Hello, World!");
};
`;

const shapes = {
  "4 processes": { workers: 4, args: [] },
  "2 processes of 2 threads": { workers: 2, args: ["--worker-class", "threads", "--threads", "2"] },
  "1 process of 4 threads": { workers: 1, args: ["--worker-class", "threads", "--threads", "4"] },
} as const;
type Shape = keyof typeof shapes;
const first: Shape = "4 processes";

const faults = ["exit", "loop", "kill"] as const;
const inFlight = 40;

/** Of the memory of all worker processes, in MB, after some load. */
const memories = { RSS: /^Rss: +(\d+)/gm, PSS: /^Pss: +(\d+)/gm, private: /^Private_\w+: +(\d+)/gm };

type Figures = Map<string, number>;

for (const [name, command] of [["source", fromSource], ["binary", binary]] as const) {
  const outcomes = new Map<Shape, Figures[]>();
  for (let round = 0; round < rounds; round++) {
    const turn = Object.keys(shapes) as Shape[];
    for (const shape of round % 2 === 0 ? turn : turn.toReversed()) {
      outcomes.set(shape, [...outcomes.get(shape) ?? [], await measure(command, shape)]);
    }
  }
  for (const figure of outcomes.get(first)![0]!.keys()) {
    const of = (shape: Shape) => median(outcomes.get(shape)!.map((figures) => figures.get(figure)!));
    for (const shape of outcomes.keys()) {
      report(bench, `${figure}, ${shape}, ${name}`, of(shape), "", of(first));
    }
  }
}

async function measure(command: readonly string[], shape: Shape): Promise<Figures> {
  const figures: Figures = new Map();
  const began = performance.now();
  const server = new Denicorn({ command, app, ...withLimit(shapes[shape]) });
  try {
    await server.processes.until(
      "all workers",
      () => server.processes.find(/4 workers of generation 1 ready/),
    );
    figures.set("boot, ms", performance.now() - began);
    await server.ready();
    const pids = [...new Set((await server.status())!.workers.map(({ pid }) => pid))];
    const before = cpuSeconds(pids);
    const { requests, seconds: took } = await wrk({ connections: 16 }, server.port, seconds);
    figures.set("requests per second", requests / took);
    figures.set("requests per second of a core", requests / (cpuSeconds(pids) - before));
    for (const [kind, bytes] of memory(pids)) figures.set(`${kind}, MB`, bytes);
    for (const fault of faults) figures.set(`lost of ${inFlight} by ${fault}`, await lostBy(server, fault));
    await server.stop();
  } finally {
    await server.destroy();
  }
  return figures;
}

function withLimit({ workers, args }: typeof shapes[Shape]) {
  return { workers, args: [...args, "--timeout", "1s"] };
}

function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + parseCpuSeconds(Deno.readTextFileSync(`/proc/${pid}/stat`))!, 0);
}

function memory(pids: readonly number[]): [string, number][] {
  const texts = pids.map((pid) => Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`));
  return Object.entries(memories).map(([kind, pattern]) => {
    const all = texts.flatMap((text) => [...text.matchAll(pattern)]);
    return [kind, all.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024];
  });
}

/** The request that causes the fault does not count. */
async function lostBy(server: Denicorn, fault: typeof faults[number]): Promise<number> {
  await server.ready();
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const get = (path: string) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { client }).then((found) => found.text());
  const requests = Array.from({ length: inFlight }, () => get("/wait").then(() => 0, () => 1));
  await server.processes.until(
    "all requests",
    async () => (await server.status())?.totals.inFlight === inFlight,
  );
  if (fault === "kill") Deno.kill(Number(await get("/pid")), "SIGKILL");
  else await get(`/${fault}`).catch(() => {});
  return (await Promise.all(requests)).reduce<number>((sum, lost) => sum + lost, 0);
}
