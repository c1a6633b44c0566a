/**
 * What talk between workers costs: 10,000 messages a second between 4 workers, each heard by the other three. The CPU time
 * of the master beside a third of a core, and the delay of the slowest percent beside 5 ms. Delays say little on a machine
 * that does other things.
 */
import { cpuOf } from "./compare/processes.ts";
import { binary, freePort, fromSource, report, start } from "./support/program.ts";

const bench = "channel";
const workers = 4;
const messagesPerSecond = 10_000;
const warmUp = 1_000;
const measuredFor = 5_000;
const mostCpu = 1_000 / 3;
const longestDelay = 5;

/** From a POST on each worker posts its share; the first line of its file says since when, the others what it has heard. */
const app = `
import { channel, context } from "denicorn";
const now = () => performance.timeOrigin + performance.now();
const delays = [];
let isMeasuring = false;
const bench = channel("bench");
const control = channel("control");
bench.onmessage = ({ data: { at } }) => isMeasuring && delays.push(now() - at);
const go = () => {
  const start = performance.now();
  let posted = 0;
  const timer = setInterval(() => {
    const passed = performance.now() - start;
    isMeasuring = passed > ${warmUp} && passed < ${warmUp + measuredFor};
    if (passed > ${warmUp + measuredFor} + 500) {
      clearInterval(timer);
      return Deno.writeTextFileSync(import.meta.dirname + "/delays." + context().slot, JSON.stringify(delays));
    }
    const due = Math.min(passed, ${warmUp + measuredFor}) * ${messagesPerSecond / workers / 1_000};
    for (; posted < due; posted++) bench.post({ at: now(), text: "a message of a chat with some words in it" });
  }, 1);
};
control.onmessage = go;
export default (request) => {
  if (request.method === "POST") { control.post(null); go(); }
  return new Response("here");
};
`;

for (const [name, command] of [["binary", binary], ["source", fromSource]] as const) {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/main.ts`, app);
  const port = freePort();
  const args = ["-w", String(workers), "-b", `127.0.0.1:${port}`, "--pid", `${folder}/pid`];
  const server = await start([...command, ...args, `${folder}/main.ts`], port);
  try {
    await until(() => shown(folder, "pid") !== null);
    // Until the last worker is ready.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const master = Number(shown(folder, "pid"));
    await fetch(`http://127.0.0.1:${port}/`, { method: "POST" }).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, warmUp));
    const before = cpuOf([master]);
    await new Promise((resolve) => setTimeout(resolve, measuredFor));
    // Milliseconds a second.
    const cpu = (cpuOf([master]) - before) / measuredFor;
    const texts = () => Array.from({ length: workers }, (_, slot) => shown(folder, `delays.${slot}`));
    await until(() => texts().every((text) => text !== null && text.endsWith("]")));
    const delays = texts().flatMap((text): number[] => JSON.parse(text!)).toSorted((a, b) => a - b);
    const heard = delays.length / measuredFor * 1_000;
    report(bench, `${name}, heard`, heard, "msg/s", messagesPerSecond * (workers - 1));
    report(bench, `${name}, CPU of the master`, cpu, "ms/s", mostCpu);
    report(bench, `${name}, half of the messages after`, at(delays, 0.5), "ms", longestDelay);
    report(bench, `${name}, 99 % of the messages after`, at(delays, 0.99), "ms", longestDelay);
  } finally {
    await server.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? NaN;
}

function shown(folder: string, name: string): string | null {
  try {
    return Deno.readTextFileSync(`${folder}/${name}`);
  } catch {
    return null;
  }
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 50));
}
