/**
 * How long a worker that drains blocks its event loop to look for active connections, with 10,000 of them: in batches,
 * as it does, against all of them at once.
 */
import { clock } from "../src/system/clock.ts";
import { openFiles } from "../src/system/open_files.ts";
import { tcpSockets } from "../src/system/network/tcp_sockets.ts";
import { activeConnection } from "../src/worker/listeners/active_connection.ts";
import { denoRun, median, report } from "./support/program.ts";

const connections = 10_000;
const rounds = 5;
const recent = 1;

const { hard } = openFiles.limit();
openFiles.setLimit({ soft: hard, hard });
if (Deno.args[0] === undefined) await measure();
else await connect(Number(Deno.args[0]));

async function measure(): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [program, ...args] = denoRun as [string, ...string[]];
  const client = new Deno.Command(program, { args: [...args, import.meta.filename!, String(port)] }).spawn();
  const accepted: Deno.Conn[] = [];
  while (accepted.length < connections) accepted.push(await listener.accept());

  const ports = new Set([port]);
  const atOnce: number[] = [];
  const inBatches: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    tcpSockets.findActive(ports, recent, 0, Infinity);
    atOnce.push(performance.now() - start);
    let longest = 0;
    const timed = {
      findActive(...search: Parameters<typeof tcpSockets.findActive>) {
        const start = performance.now();
        const found = tcpSockets.findActive(...search);
        longest = Math.max(longest, performance.now() - start);
        return found;
      },
    };
    const startOfAll = performance.now();
    await activeConnection(timed, clock, { ports, recent, isOver: () => false });
    whole.push(performance.now() - startOfAll);
    inBatches.push(longest);
  }
  const µs = (ms: readonly number[]) => 1000 * median(ms);
  report("connection-search", "all connections at once", µs(atOnce), "µs", µs(atOnce));
  report("connection-search", "the longest batch", µs(inBatches), "µs", µs(atOnce));
  report("connection-search", "all batches, with the turns between", µs(whole), "µs", µs(atOnce));
  client.kill();
  await client.status;
  accepted.forEach((connection) => connection.close());
}

/** The clients, in another process: its descriptors must not count. */
async function connect(port: number): Promise<void> {
  const open: Deno.Conn[] = [];
  while (open.length < connections) open.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  await open[0]!.read(new Uint8Array(1));
}
