/**
 * The cost of monitoring: the CPU share of the master with 32 idle workers, without monitoring and with a scrape of the
 * metrics every 5 s and StatsD every second; and requests per second of the hello example without and with both.
 */
import { binary, freePort, median, report, root, start } from "./support/program.ts";

const app = `${root}examples/hello/main.ts`;
const idleWorkers = 32;
/** Milliseconds over which CPU time is measured. */
const measuredFor = 20_000;
/** Milliseconds between two scrapes; the default of Prometheus is a minute. */
const scrapeInterval = 5_000;
const rounds = 5;
const ticksPerSecond = 100;

interface Monitoring {
  readonly isOn: boolean;
  readonly port: number;
}

function command(workers: number, port: number, { isOn, port: admin }: Monitoring): string[] {
  const monitoring = ["--admin-bind", `127.0.0.1:${admin}`, "--statsd-host", `127.0.0.1:${freePort()}`];
  return [
    ...binary,
    ...["--workers", String(workers), "--bind", `127.0.0.1:${port}`, "--log-level", "error"],
    ...(isOn ? monitoring : ["--admin-bind", `127.0.0.1:${admin}`]),
    app,
  ];
}

/** Runs `work` while the metrics are scraped, if monitoring is on. */
async function whileMonitored<T>({ isOn, port }: Monitoring, work: () => Promise<T>): Promise<T> {
  const scrape = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).body?.cancel();
  const timer = isOn ? setInterval(() => void scrape(), scrapeInterval) : undefined;
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function idleShare(isOn: boolean): Promise<number> {
  const monitoring = { isOn, port: freePort() };
  const port = freePort();
  const { stop } = await start(command(idleWorkers, port, monitoring), port);
  const status = async () => await (await fetch(`http://127.0.0.1:${monitoring.port}/status`)).json();
  let state = await status();
  while (state.workers.filter((worker: { state: string }) => worker.state === "ready").length < idleWorkers) {
    await pause(500);
    state = await status();
  }
  await pause(3_000);
  const before = cpuSeconds(state.pid);
  await whileMonitored(monitoring, () => pause(measuredFor));
  const share = (cpuSeconds(state.pid) - before) / (measuredFor / 1000);
  await stop();
  return share;
}

async function requestsPerSecond(isOn: boolean): Promise<number> {
  const monitoring = { isOn, port: freePort() };
  const port = freePort();
  const { stop } = await start(command(1, port, monitoring), port);
  await wrk(port, 1);
  const rate = await whileMonitored(monitoring, () => wrk(port, 4));
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

const shareWithout = await idleShare(false) * 10_000;
report("admin", `master with ${idleWorkers} idle workers`, shareWithout, "‱ of a core", shareWithout);
report(
  "admin",
  "the same, metrics every 5 s, StatsD every 1 s",
  await idleShare(true) * 10_000,
  "‱ of a core",
  shareWithout,
);

const rates: { off: number[]; on: number[] } = { off: [], on: [] };
for (let round = 0; round < rounds; round++) {
  rates.off.push(await requestsPerSecond(false));
  rates.on.push(await requestsPerSecond(true));
}
const rateWithout = median(rates.off);
report("admin", "hello, one worker", rateWithout, "req/s", rateWithout);
report(
  "admin",
  "hello, one worker, metrics every 5 s, StatsD every 1 s",
  median(rates.on),
  "req/s",
  rateWithout,
);
