/** Debian's logrotate, with the files of docs/logging.md, while the server answers requests. */

import { assert, assertEquals } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

const page = Deno.readTextFileSync(new URL("../../docs/logging.md", import.meta.url));
const [creating, copying] = [...page.matchAll(/^```conf\n([^]*?)^```$/gm)].map(([, text]) => text!) as [
  string,
  string,
];

const path = `${Deno.env.get("PATH")}:/usr/sbin`;
const lacking = new Deno.Command("sh", { args: ["-c", "command -v logrotate"], env: { PATH: path } })
    .outputSync().success
  ? null
  : "logrotate is missing";

async function rotate(host: TestHost, config: string): Promise<void> {
  const { folder } = host;
  const text = config.replaceAll("/var/log/app/", `${folder}/logs/`).replaceAll("/run/app/", `${folder}/`);
  host.write({ "rotation/app": text });
  const { code, stderr } = await new Deno.Command("logrotate", {
    args: ["--force", "--state", `${folder}/rotation/state`, `${folder}/rotation/app`],
    env: { PATH: path },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

/** The numbers of the requests in all files of the access log, and how many files there are. */
async function logged({ folder }: TestHost) {
  const names = Array.from(Deno.readDirSync(`${folder}/logs`), ({ name }) => name)
    .filter((name) => name.startsWith("access.log"));
  const texts = await Promise.all(names.map(async (name) => {
    const file = await Deno.open(`${folder}/logs/${name}`);
    const readable = name.endsWith(".gz")
      ? file.readable.pipeThrough(new DecompressionStream("gzip"))
      : file.readable;
    return await new Response(readable).text();
  }));
  const lines = texts.join("").split("\n").slice(0, -1);
  return {
    files: names.length,
    lines,
    numbers: lines.map((line) => Number(/^GET \/(\d+) 200 \d+$/.exec(line)?.[1])),
  };
}

const app = `export default () => new Response("hello");\n`;

function start(host: TestHost) {
  return host.start({
    files: { "main.ts": app, "logs/.keep": "" },
    args: [
      ...["-w", "2", "--pid", "server.pid", "--error-logfile", "logs/error.log"],
      ...["--access-logfile", "logs/access.log", "--access-logformat", "%(m)s %(U)s %(s)s %(p)s"],
    ],
  });
}

/** Requests, one after another with four at a time, until `isOver`. Returns their number. */
async function load(server: ReturnType<typeof start>, isOver: () => boolean): Promise<number> {
  let count = 0;
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (!isOver()) await server.text(`/${count++}`);
  }));
  return count;
}

testOnOneTarget("logrotate renames the logs under load, and each line is in one file", async (host) => {
  const server = start(host);
  const workers = await server.ready(2);
  let isOver = false;
  const requests = load(server, () => isOver);
  const log = `${host.folder}/logs/access.log`;
  const inode = () => Deno.statSync(log).ino;
  for (let rotation = 0; rotation < 3; rotation++) {
    const before = inode();
    await rotate(host, creating);
    // A worker that has not opened the new file yet may write to the old one, which the next rotation compresses.
    await server.until("lines of both workers in a new file", () => {
      const text = inode() === before ? "" : Deno.readTextFileSync(log);
      return workers.every(({ pid }) => text.includes(` ${pid}\n`));
    });
  }
  isOver = true;
  const count = await requests;
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const { files, numbers } = await logged(host);
  assertEquals(files, 4);
  assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: count }, (_, index) => index));
  assertEquals(server.stderr, "");
}, lacking);

testOnOneTarget(
  "logrotate copies and truncates the logs under load, and all lines are whole",
  async (host) => {
    const server = start(host);
    await server.ready(2);
    let isOver = false;
    const requests = load(server, () => isOver);
    await server.until("lines", () => Deno.statSync(`${host.folder}/logs/access.log`).size > 0);
    await rotate(host, copying);
    await server.until("lines after that", () => Deno.statSync(`${host.folder}/logs/access.log`).size > 0);
    isOver = true;
    await requests;
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    const { files, lines, numbers } = await logged(host);
    assertEquals(files, 2);
    assert(
      numbers.every((number) => number >= 0),
      lines.filter((line) => !/^GET \/\d+ 200 \d+$/.test(line)).join("\n"),
    );
    assertEquals(new Set(numbers).size, numbers.length);
  },
  lacking,
);

testOnOneTarget("ctl reopen under load loses no line", async (host) => {
  const server = start(host);
  await server.ready(2);
  let isOver = false;
  const requests = load(server, () => isOver);
  const log = `${host.folder}/logs/access.log`;
  for (let rotation = 1; rotation <= 3; rotation++) {
    await server.until("lines", () => Deno.statSync(log).size > 0);
    Deno.renameSync(log, `${log}.${rotation}`);
    const { code, stderr } = await host.run(["ctl", "--socket", host.controlSocket, "reopen"]);
    assertEquals(code, 0, stderr);
    await server.until("the new file", () => {
      try {
        return Deno.statSync(log).size > 0;
      } catch {
        return false;
      }
    });
  }
  isOver = true;
  const count = await requests;
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const { files, numbers } = await logged(host);
  assertEquals(files, 4);
  assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: count }, (_, index) => index));
});
