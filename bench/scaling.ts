/**
 * How autoscaling reacts to a step of the load, from one worker up and back down: 300 clients whose requests wait for
 * 200 ms, and 50 clients whose requests compute for 20 ms. It reports the time from the start of the clients until the
 * first added worker is ready, the highest number of workers, and the failed requests until the number is back at one.
 */
import { Load } from "./loss/client/load.ts";
import { readLines } from "./loss/lines.ts";
import { binary, freePort, root } from "./support/program.ts";

const steps = [
  { name: "300 clients, 200 ms of waiting each", app: "waiting.ts", connections: 300 },
  { name: "50 clients, 20 ms of computing each", app: "computing.ts", connections: 50 },
] as const;
const rounds = 3;
/** Milliseconds under load after the first added worker. */
const loadDuration = 6_000;
/** Milliseconds. */
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

  /** Log lines that match, from `since` on, in milliseconds since 1970. */
  find(pattern: RegExp, since = 0): Line[] {
    return this.#lines.filter(({ time, message }) => pattern.test(message) && Date.parse(time) >= since);
  }

  async until(pattern: RegExp, since = 0): Promise<Line> {
    for (;;) {
      const [line] = this.find(pattern, since);
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
  // Wait until the start is over and the server is idle.
  await pause(2_000);
  const began = Date.now();
  const load = new Load({ port: server.port, connections });
  const first = await server.until(/^ready after/, began);
  await pause(loadDuration);
  // A few clients keep sending requests while workers are removed.
  const few = new Load({ port: server.port, every: 100 });
  const heavy = await load.stop();
  await server.until(/workers: 2 -> 1/, began);
  const light = await few.stop();
  const targets = server.find(/^workers: \d+ -> \d+/, began).map(({ message }) =>
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
  const results = [];
  for (let round = 0; round < rounds; round++) results.push(await measure(step));
  const first = results.map((result) => result.first).toSorted((a, b) => a - b);
  const most = results.map((result) => result.most);
  const [requests, failed] = [
    results.map((result) => result.requests),
    results.map((result) => result.failed),
  ]
    .map((counts) => counts.reduce((sum, count) => sum + count));
  console.log(
    `${step.name.padEnd(44)} first added worker ready after ${first.join(", ")} ms; most workers ${
      most.join(", ")
    }; ` +
      `${failed} of ${requests} failed`,
  );
  console.log(JSON.stringify({ bench: "scaling", name: step.name, first, most, requests, failed }));
}
