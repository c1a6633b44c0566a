/**
 * How automatic scaling answers a step of the load, from one worker up and back down: 300 clients whose requests
 * wait for 200 ms, and 50 whose requests compute for 20 ms. Told are the time from the start of the clients to the
 * first worker more that is ready, the most workers, and the requests that failed before all were gone again.
 */
import { Load } from "./loss/client/load.ts";
import { readLines } from "./loss/lines.ts";
import { binary, freePort, root } from "./support/program.ts";

const steps = [
  { name: "300 clients, 200 ms of waiting", app: "waiting.ts", connections: 300 },
  { name: "50 clients, 20 ms of computing", app: "computing.ts", connections: 50 },
] as const;
const rounds = 3;
/** Milliseconds under load, and how long calm must last. */
const lasts = 6_000;
const idleTimeout = 2_000;

interface Line {
  readonly time: string;
  readonly message: string;
}

class Server {
  readonly port = freePort();
  readonly #process: Deno.ChildProcess;
  readonly #lines: Line[] = [];
  readonly #read: Promise<void>;

  constructor(app: string) {
    const scaling = ["--max-workers", "8", "--idle-timeout", `${idleTimeout}ms`, "--log-format", "json"];
    const [program, ...args] = [
      ...binary,
      `${root}bench/apps/${app}`,
      "-b",
      `127.0.0.1:${this.port}`,
      ...scaling,
    ];
    this.#process = new Deno.Command(program!, { args, stdin: "null", stderr: "piped" }).spawn();
    this.#read = readLines(this.#process.stderr, (line) => void this.#lines.push(JSON.parse(line)));
  }

  /** Lines of the log that match, from `since` on, in milliseconds since 1970. */
  said(pattern: RegExp, since = 0): Line[] {
    return this.#lines.filter(({ time, message }) => pattern.test(message) && Date.parse(time) >= since);
  }

  async until(pattern: RegExp, since = 0): Promise<Line> {
    for (;;) {
      const [line] = this.said(pattern, since);
      if (line !== undefined) return line;
      await pause(10);
    }
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await this.#read;
  }
}

async function measure({ app, connections }: typeof steps[number]) {
  const server = new Server(app);
  await server.until(/1 worker of generation 1 ready/);
  // Past the start, at rest.
  await pause(2_000);
  const began = Date.now();
  const load = new Load({ port: server.port, connections });
  const first = await server.until(/^ready after/, began);
  await pause(lasts);
  // Some keep asking while workers go.
  const few = new Load({ port: server.port, every: 100 });
  const heavy = await load.stop();
  await server.until(/workers: 2 -> 1/, began);
  const light = await few.stop();
  const targets = server.said(/^workers: \d+ -> \d+/, began).map(({ message }) =>
    Number(/-> (\d+)/.exec(message)?.[1])
  );
  await server.stop();
  return {
    first: Date.parse(first.time) - began,
    most: Math.max(...targets),
    requests: heavy.requests + light.requests,
    failed: heavy.lost + light.lost,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

for (const step of steps) {
  const found = [];
  for (let round = 0; round < rounds; round++) found.push(await measure(step));
  const first = found.map((one) => one.first).toSorted((a, b) => a - b);
  const most = found.map((one) => one.most);
  const [requests, failed] = [found.map((one) => one.requests), found.map((one) => one.failed)]
    .map((counts) => counts.reduce((sum, count) => sum + count));
  console.log(
    `${step.name.padEnd(44)} first worker more ${first.join(", ")} ms; most workers ${most.join(", ")}; ` +
      `${failed} of ${requests} failed`,
  );
  console.log(JSON.stringify({ bench: "scaling", name: step.name, first, most, requests, failed }));
}
