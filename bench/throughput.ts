/**
 * Requests per second with wrk (64 keep-alive connections) on the hello example: Denicorn with two workers, compared
 * with two plain Deno processes on one port, which is the upper limit.
 */
import { binary, denoRun, freePort, fromSource, median, report, root, start } from "./support/program.ts";

const rounds = 3;
const seconds = 4;
const app = `${root}examples/hello/main.ts`;
const alone = [...denoRun, `${root}bench/apps/hello_alone.ts`];

async function requestsPerSecond(port: number, seconds: number): Promise<number> {
  const args = ["-t1", "-c64", `-d${seconds}s`, `http://127.0.0.1:${port}/`];
  const { stdout } = await new Deno.Command("wrk", { args }).output();
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(new TextDecoder().decode(stdout)) ?? [];
  if (rate === undefined) throw new Error("wrk printed no rate");
  return Number(rate);
}

async function measure(commands: readonly (readonly string[])[], port: number): Promise<number> {
  const servers = [];
  for (const command of commands) servers.push(await start(command, port, { PORT: String(port) }));
  // Warm-up: in the first second V8 still compiles.
  await requestsPerSecond(port, 1);
  const rate = await requestsPerSecond(port, seconds);
  for (const { stop } of servers) await stop();
  return rate;
}

const serveWith = (command: readonly string[], ...more: string[]) => (port: number) => [
  [...command, "--workers", "2", "--bind", `127.0.0.1:${port}`, "--log-level", "error", ...more, app],
];
const contenders = {
  "two Deno processes (yardstick)": () => [alone, alone],
  "denicorn from source": serveWith(fromSource),
  "denicorn binary": serveWith(binary),
  "denicorn from source, access log on": serveWith(fromSource, "--access-logfile", "/dev/null"),
} satisfies Record<string, (port: number) => readonly (readonly string[])[]>;

const rates = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, commands] of Object.entries(contenders)) {
    const port = freePort();
    rates.set(name, [...rates.get(name) ?? [], await measure(commands(port), port)]);
  }
}
const yardstick = median(rates.get("two Deno processes (yardstick)") ?? []);
for (const [name, values] of rates) report("throughput", name, median(values), "req/s", yardstick);
