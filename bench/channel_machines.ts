/**
 * What talk between machines costs: two servers with 2 workers each and a Redis between them, all on this machine. One
 * worker posts 1,000 messages a second, and then 10,000; how long they take to the workers of the other server, beside
 * 5 ms, and the CPU time of that server's master, beside a third of a core. Needs redis-server.
 */
import { lackingRedis, RedisServer } from "../tests/tasks/bullmq/redis_server.ts";
import { cpuOf } from "./compare/processes.ts";
import { binary, freePort, fromSource, report, start } from "./support/program.ts";

const bench = "channel_machines";
const measuredFor = 5_000;
const longestDelay = 5;
const mostCpu = 1_000 / 3;

/** A POST makes a worker post so many messages a second; each worker writes how long those of others took. */
const app = `
import { channel, context } from "denicorn";
const now = () => performance.timeOrigin + performance.now();
const chat = channel("bench");
let delays = [];
chat.onmessage = ({ data: { at, isLast } }) => {
  delays.push(now() - at);
  if (!isLast) return;
  Deno.writeTextFileSync(Deno.env.get("DELAYS") + "." + context().slot, JSON.stringify(delays));
  delays = [];
};
export default async (request) => {
  if (request.method !== "POST") return new Response("here");
  const rate = Number(await request.text());
  const begin = performance.now();
  const posts = (due) => {
    for (; posted < due; posted++) {
      chat.post({ at: now(), isLast: posted === last, text: "a message of a chat with some words in it" });
    }
  };
  let posted = 0;
  const last = rate * ${measuredFor / 1_000} - 1;
  const timer = setInterval(() => {
    posts(Math.min(last + 1, (performance.now() - begin) * rate / 1000));
    if (posted > last) clearInterval(timer);
  }, 1);
  return new Response("begun");
};
`;

if (lackingRedis !== null) Deno.exit(0);
await using redis = await RedisServer.start(["--appendonly", "no"]);
for (const [name, command] of [["binary", binary], ["source", fromSource]] as const) {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/main.ts`, app);
  const ports = [freePort(), freePort()];
  const servers = await Promise.all(ports.map((port) =>
    start(
      [
        ...[...command, "-w", "2", "-b", `127.0.0.1:${port}`, "--pid", `${folder}/pid.${port}`],
        ...["--channel-url", redis.url, `${folder}/main.ts`],
      ],
      port,
      { DELAYS: `${folder}/${port}` },
    )
  ));
  try {
    const [near, far] = ports;
    await until(() => shown(`${folder}/pid.${far}`) !== null);
    const master = Number(shown(`${folder}/pid.${far}`));
    // Until the last worker is ready.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (const rate of [1_000, 10_000]) {
      const before = cpuOf([master]);
      await (await fetch(`http://127.0.0.1:${near}/`, { method: "POST", body: String(rate) })).text();
      const texts = () => [0, 1].map((slot) => shown(`${folder}/${far}.${slot}`));
      await until(() => texts().every((text) => text?.endsWith("]") === true));
      const cpu = (cpuOf([master]) - before) / measuredFor;
      const delays = texts().flatMap((text): number[] => JSON.parse(text!)).toSorted((a, b) => a - b);
      for (const slot of [0, 1]) Deno.removeSync(`${folder}/${far}.${slot}`);
      const cell = `${name}, ${rate} a second`;
      report(bench, `${cell}, heard`, delays.length / measuredFor * 1_000, "msg/s", rate * 2);
      report(bench, `${cell}, half after`, at(delays, 0.5), "ms", longestDelay);
      report(bench, `${cell}, 99 % after`, at(delays, 0.99), "ms", longestDelay);
      report(bench, `${cell}, CPU of the master`, cpu, "ms/s", mostCpu);
    }
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
    Deno.removeSync(folder, { recursive: true });
  }
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? NaN;
}

function shown(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 50));
}
