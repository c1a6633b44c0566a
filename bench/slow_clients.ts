/**
 * What the time-outs for slow clients cost. First how long a worker takes to look at 10,000 connections, and for how long
 * at a time; then the requests per second and the latency of other clients beside 1,000 that send a head byte by byte and
 * connect again whenever they are cut off. The second part needs `wrk`.
 */
import { clock } from "../src/system/clock.ts";
import { openFiles } from "../src/system/open_files.ts";
import { tcpSockets } from "../src/system/network/tcp_sockets.ts";
import { SlowClients } from "../src/worker/listeners/slow_clients.ts";
import { denoRun, freePort, fromSource, median, report, start } from "./support/program.ts";

const bench = "slow-clients";
const connections = 10_000;
const slowClients = 1_000;
const rounds = 5;

/** Milliseconds between two bytes of a slow client. */
const betweenBytes = 2_000;

const { hard } = openFiles.limit();
openFiles.setLimit({ soft: hard, hard });
const [role, port] = Deno.args;
if (role === "kept") await connect(Number(port));
else if (role === "slow") await trickle(Number(port));
else {
  await measureLooks();
  await measureOthers();
}

function clients(role: string, port: number): Deno.ChildProcess {
  const [program, ...args] = denoRun as [string, ...string[]];
  return new Deno.Command(program, { args: [...args, import.meta.filename!, role, String(port)] }).spawn();
}

async function measureLooks(): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const client = clients("kept", port);
  const accepted: Deno.Conn[] = [];
  while (accepted.length < connections) accepted.push(await listener.accept());

  let longest = 0;
  let together = 0;
  const look: typeof tcpSockets.look = (...which) => {
    const start = performance.now();
    const looks = tcpSockets.look(...which);
    const took = performance.now() - start;
    longest = Math.max(longest, took);
    together += took;
    return looks;
  };
  let idle = 0;
  const after: typeof clock.after = (ms, fire) => {
    const start = performance.now();
    return clock.after(ms, () => {
      idle += performance.now() - start;
      fire();
    });
  };
  const limits = { keepAlive: 75_000, headerTimeout: 3_600_000, bodyTimeout: 30_000, writeTimeout: 60_000 };
  const looking = new SlowClients(
    { sockets: { ...tcpSockets, look }, clock: { ...clock, after }, openFiles },
    {
      peers: () => ({ inFlight: new Map(), areKnown: true }),
      failed: () => {},
    },
    { limits, ports: () => new Set([port]), isPlain: () => true, onEnded: () => {} },
  );
  const batches: number[] = [];
  const sums: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round++) {
    longest = together = idle = 0;
    const start = performance.now();
    await looking.look();
    whole.push(performance.now() - start - idle);
    batches.push(longest);
    sums.push(together);
  }
  const µs = (ms: readonly number[]) => 1000 * median(ms);
  report(bench, "a look at 10,000 connections", µs(whole), "µs", µs(whole));
  report(bench, "what the kernel says of them", µs(sums), "µs", µs(whole));
  report(bench, "the longest batch", µs(batches), "µs", µs(whole));
  client.kill();
  await client.status;
  accepted.forEach((connection) => connection.close());
}

interface Load {
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

async function measureOthers(): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const port = freePort();
  Deno.writeTextFileSync(`${folder}/main.ts`, `export default () => new Response("Hello, World!");\n`);
  const [program, ...args] = fromSource as [string, ...string[]];
  const server = await start([program, ...args, "--bind", `127.0.0.1:${port}`, `${folder}/main.ts`], port);
  const alone: Load[] = [];
  const beside: Load[] = [];
  try {
    await load(port);
    for (let round = 0; round < rounds; round++) {
      alone.push(await load(port));
      const slow = clients("slow", port);
      // They have connected, and the first ones are cut off while the others are measured.
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      beside.push(await load(port));
      slow.kill();
      await slow.status;
    }
    const rate = (loads: readonly Load[]) => median(loads.map(({ rate }) => rate));
    const p99 = (loads: readonly Load[]) => 1000 * median(loads.map(({ p99 }) => p99));
    report(bench, "requests per second, alone", rate(alone), "req/s", rate(alone));
    report(bench, "beside 1,000 slow clients", rate(beside), "req/s", rate(alone));
    report(bench, "p99, alone", p99(alone), "µs", p99(alone));
    report(bench, "p99 beside 1,000 slow clients", p99(beside), "µs", p99(alone));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("1,000 slow clients: skipped, because wrk was not found");
  } finally {
    await server.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}

async function load(port: number): Promise<Load> {
  const { stdout } = await new Deno.Command("wrk", {
    args: ["-t1", "-c32", "-d4s", "--latency", `http://127.0.0.1:${port}/`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [, rate = "NaN"] = /Requests\/sec:\s+([\d.]+)/.exec(text) ?? [];
  const [, p99 = "NaN", unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  return { rate: Number(rate), p99: Number(p99) * ({ us: 0.001, ms: 1, s: 1_000 }[unit ?? "ms"] ?? 1) };
}

/** In another process: its descriptors must not count. */
async function connect(port: number): Promise<void> {
  const open: Deno.Conn[] = [];
  while (open.length < connections) open.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  await open[0]!.read(new Uint8Array(1));
}

async function trickle(port: number): Promise<void> {
  const text = new TextEncoder();
  const client = async () => {
    for (;;) {
      try {
        using connection = await Deno.connect({ hostname: "127.0.0.1", port });
        await connection.write(text.encode("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "));
        for (;;) {
          await connection.write(text.encode("x"));
          await new Promise((resolve) => setTimeout(resolve, betweenBytes));
        }
      } catch {
        // It was cut off.
      }
    }
  };
  await Promise.all(Array.from({ length: slowClients }, client));
}
