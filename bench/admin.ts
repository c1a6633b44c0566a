/**
 * What watching costs: the share of a core the master takes with 32 idle workers, alone and while somebody asks
 * for the metrics every 5 s and StatsD is told every second; and requests per second on hello with and without both.
 */
import { binary, freePort, median, report, root, start } from "./support/program.ts";

const app = `${root}examples/hello/main.ts`;
const idleWorkers = 32;
const watched = 20_000;
/** Milliseconds between two scrapes; Prometheus' own default is a minute. */
const scrapeInterval = 5_000;
const rounds = 5;
const ticksPerSecond = 100;

interface Watching {
  readonly isOn: boolean;
  readonly port: number;
}

function command(workers: number, port: number, { isOn, port: admin }: Watching): string[] {
  const watching = ["--admin-bind", `127.0.0.1:${admin}`, "--statsd-host", `127.0.0.1:${freePort()}`];
  return [
    ...binary,
    ...["--workers", String(workers), "--bind", `127.0.0.1:${port}`, "--log-level", "error"],
    ...(isOn ? watching : ["--admin-bind", `127.0.0.1:${admin}`]),
    app,
  ];
}

/** Runs `work` while the metrics are asked for now and then, if they are. */
async function whileWatched<T>({ isOn, port }: Watching, work: () => Promise<T>): Promise<T> {
  const ask = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).body?.cancel();
  const timer = isOn ? setInterval(() => void ask(), scrapeInterval) : undefined;
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function idleShare(isOn: boolean): Promise<number> {
  const watching = { isOn, port: freePort() };
  const port = freePort();
  const { stop } = await start(command(idleWorkers, port, watching), port);
  const status = async () => await (await fetch(`http://127.0.0.1:${watching.port}/status`)).json();
  let state = await status();
  while (state.workers.filter((worker: { state: string }) => worker.state === "ready").length < idleWorkers) {
    await pause(500);
    state = await status();
  }
  await pause(3_000);
  const before = cpuSeconds(state.pid);
  await whileWatched(watching, () => pause(watched));
  const share = (cpuSeconds(state.pid) - before) / (watched / 1000);
  await stop();
  return share;
}

async function requestsPerSecond(isOn: boolean): Promise<number> {
  const watching = { isOn, port: freePort() };
  const port = freePort();
  const { stop } = await start(command(1, port, watching), port);
  await wrk(port, 1);
  const rate = await whileWatched(watching, () => wrk(port, 4));
  await stop();
  return rate;
}

async function wrk(port: number, seconds: number): Promise<number> {
  const args = ["-t1", "-c64", `-d${seconds}s`, `http://127.0.0.1:${port}/`];
  const { stdout } = await new Deno.Command("wrk", { args }).output();
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(new TextDecoder().decode(stdout))?.[1]);
}

function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const alone = await idleShare(false) * 10_000;
report("admin", `master with ${idleWorkers} idle workers`, alone, "‱ of a core", alone);
report(
  "admin",
  "the same, metrics each 5 s, StatsD each 1 s",
  await idleShare(true) * 10_000,
  "‱ of a core",
  alone,
);

const rates: { off: number[]; on: number[] } = { off: [], on: [] };
for (let round = 0; round < rounds; round++) {
  rates.off.push(await requestsPerSecond(false));
  rates.on.push(await requestsPerSecond(true));
}
const unwatched = median(rates.off);
report("admin", "hello, one worker", unwatched, "req/s", unwatched);
report("admin", "hello, one worker, metrics each 5 s, StatsD each 1 s", median(rates.on), "req/s", unwatched);
