/** The commands of docs/process.md that start a server work, and do what the page says. */

import { assertEquals } from "../assert.ts";
import { freePort, type TestHost, testOnOneTarget, until } from "./harness.ts";
import { coresOf, nicenessOf, shownAs } from "./process_facts.ts";
import { isRunning, type Server } from "./server.ts";

const page = Deno.readTextFileSync(new URL("../../docs/process.md", import.meta.url));
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) =>
  block!.trim().split("\n")
);
const starts = commands.filter((line) => line.startsWith("denicorn --"));

/** The words that stand for what this machine may lack. */
const twoCores = navigator.hardwareConcurrency < 2 ? "needs two cores" : null;

const app = `export default () => new Response(Deno.permissions.querySync({ name: "write" }).state);\n`;

/** "prompt" is not granted: the runtime would ask at a terminal, and a worker has none. What holds of a server that such a command has started. */
const outcomes: Readonly<Record<string, (server: Server, worker: number) => unknown>> = {
  "--nice": (_, worker) => assertEquals([...new Set(nicenessOf(worker))], [5]),
  "--cpu-affinity": (server, worker) =>
    server.until("a core", () => [...coresOf(worker).values()].every((list) => /^\d+$/.test(list))),
  "--proc-name": (server, worker) =>
    assertEquals([server.pid, worker].map((pid) => shownAs(pid).title), [
      "denicorn: master [shop]",
      "denicorn: worker 0 [shop]",
    ]),
  "--app-permissions": async (server) => assertEquals(await server.text(), "prompt"),
};

for (const command of starts.filter((line) => !line.includes("--daemon"))) {
  const [, name = "", ...others] = command.split(" ");
  testOnOneTarget(`docs/process.md: ${command}`, async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: [name, ...others.slice(0, -1)] });
    const worker = (await server.ready(2)).find(({ slot }) => slot === 0)!;
    await outcomes[name]!(server, worker.pid);
  }, name === "--cpu-affinity" ? twoCores : null);
}

testOnOneTarget("docs/process.md: a daemon, and the commands for it", async (host) => {
  const port = freePort();
  const start = commands.find((line) => line.includes("--daemon"))!;
  const others = commands.filter((line) => /^(denicorn ctl|kill) /.test(line));
  assertEquals(others.length, 3);
  host.write({ "main.ts": app });
  const place = { [start]: `${start.replace("denicorn", `denicorn --bind 127.0.0.1:${port}`)}` };
  try {
    for (const command of [start, ...others]) await runHere(host, place[command] ?? command);
    const pid = pidIn(host);
    if (pid !== null) await until("the end", () => !isRunning(pid));
  } finally {
    const pid = pidIn(host);
    if (pid !== null && isRunning(pid)) Deno.kill(pid, "SIGKILL");
  }
});

function pidIn({ folder }: TestHost): number | null {
  try {
    return Number(Deno.readTextFileSync(`${folder}/server.pid`));
  } catch {
    return null;
  }
}

/** As a shell of the operator would. */
async function runHere(host: TestHost, command: string): Promise<void> {
  const program = host.target.command.map((word) => `'${word}'`).join(" ");
  const socket = command.startsWith("denicorn ctl ")
    ? command.replace("ctl", `ctl --socket ${host.controlSocket}`)
    : command;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", socket.replace(/^denicorn /, `${program} `)],
    cwd: host.folder,
    env: { XDG_RUNTIME_DIR: host.runtime, TMPDIR: host.folder, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  assertEquals(code, 0, `${command}\n${new TextDecoder().decode(stderr)}`);
}
