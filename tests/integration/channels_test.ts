/** What apps can do with `channel` and `BroadcastChannel`, and what they cannot do to the server with them. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";

/** What the app of each process has written to its file, by the process. */
function heard(host: TestHost): Record<string, string[]> {
  const files = Array.from(Deno.readDirSync(host.folder), ({ name }) => name);
  return Object.fromEntries(
    files.filter((name) => name.startsWith("heard.")).map((name) => [
      name.slice("heard.".length),
      Deno.readTextFileSync(`${host.folder}/${name}`).split("\n").slice(1, -1),
    ]),
  );
}

const hearing = `
const hear = (text) => Deno.writeTextFileSync("heard." + Deno.pid, text + "\\n", { append: true });
hear("here");
`;

/** A POST posts the value of that name; the answer is the process, or the error. */
const talker = (open: string, post: string) => `
import { channel } from "denicorn";
${hearing}
const chat = ${open};
chat.onmessage = ({ data }) =>
  hear(data instanceof Map ? [data.get("when").getTime(), ...data.get("bytes")].join() : data.slice(0, 80));
const values = {
  text: "hello",
  map: new Map([["when", new Date(0)], ["bytes", Uint8Array.of(1, 2, 3)]]),
  limit: "x".repeat(262_000),
  function: () => {},
  long: "x".repeat(300_000),
  huge: new Uint8Array(50_000_000),
};
export default async (request) => {
  if (request.method !== "POST") return new Response(String(Deno.pid));
  try {
    chat.${post}(values[await request.text()]);
    return new Response(String(Deno.pid));
  } catch (error) {
    return new Response(error.name + ": " + error.message);
  }
};
export const tasks = { none: () => {} };
`;

for (
  const [name, open, post] of [
    ["channel", 'channel("chat")', "post"],
    ["BroadcastChannel", 'new BroadcastChannel("chat")', "postMessage"],
  ] as const
) {
  integrationTest(
    `a ${name} reaches all other workers, if the message can be cloned and is short`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": talker(open, post) },
        args: ["-w", "3", "--task-workers", "1"],
      });
      await server.ready(3);
      await server.until("all processes", () => Object.keys(heard(host)).length === 4);
      const posts = async (what: string) =>
        await (await server.fetch("/", { method: "POST", body: what })).text();
      assertMatch(await posts("function"), /^DataCloneError: .* could not be cloned\.$/s);
      const tooLong =
        /^RangeError: cannot post to the channel chat: the message has (300|50000)0\d\d bytes, at most 262144: send its place instead$/;
      assertMatch(await posts("long"), tooLong);
      assertMatch(await posts("huge"), tooLong);
      const posted = [
        { by: await posts("text"), text: "hello" },
        { by: await posts("map"), text: "0,1,2,3" },
        { by: await posts("limit"), text: "x".repeat(80) },
      ];
      await server.until(
        "all but the senders",
        () =>
          Object.entries(heard(host)).every(([pid, lines]) =>
            lines.toSorted().join() ===
              posted.flatMap(({ by, text }) => by === pid ? [] : [text]).toSorted().join()
          ),
      );
      assertEquals(server.stderr.match(/dropped|broke-protocol| error .*/g), null);
    },
  );
}

integrationTest(
  "Web Workers are in the conversation, and both kinds of objects hear each other",
  async (host) => {
    const server = host.start({
      files: {
        "main.ts": `import { channel } from "denicorn";
${hearing}
const chat = channel("chat");
const other = new BroadcastChannel("chat");
other.addEventListener("message", ({ data }) => hear("main " + data));
new Worker(new URL("./thread.ts", import.meta.url), { type: "module" });
export default (request) => {
  if (request.method === "POST") chat.post("asked by " + Deno.pid);
  return new Response(String(Deno.pid));
};\n`,
        "thread.ts": `const chat = new BroadcastChannel("chat");
const hear = (text) => Deno.writeTextFileSync("heard." + Deno.pid, text + "\\n", { append: true });
chat.onmessage = ({ data }) => {
  hear("thread " + data);
  if (data.startsWith("asked")) chat.postMessage("answered by " + Deno.pid);
};
hear("thread is here");\n`,
      },
      args: ["-w", "2"],
    });
    await server.ready(2);
    const pids = await server.until("both threads", () => {
      const found = heard(host);
      return Object.values(found).every((lines) => lines.includes("thread is here")) &&
        Object.keys(found).length === 2 && Object.keys(found);
    });
    const asking = await (await server.fetch("/", { method: "POST" })).text();
    const answers = pids.map((pid) => `answered by ${pid}`);
    const expected = (pid: string) => {
      const [own] = answers.filter((text) => text.endsWith(` ${pid}`));
      const [others] = answers.filter((text) => text !== own);
      return [
        "thread is here",
        ...[`asked by ${asking}`, own, others].map((text) => `main ${text}`),
        ...[`asked by ${asking}`, others].map((text) => `thread ${text}`),
      ].toSorted();
    };
    await server.until(
      `all messages: ${JSON.stringify(pids.map(expected))}`,
      () => Object.entries(heard(host)).every(([pid, lines]) => lines.length === expected(pid).length),
    );
    for (const [pid, lines] of Object.entries(heard(host))) assertEquals(lines.toSorted(), expected(pid));
  },
);

integrationTest("a flood, and a worker that does not read, harm nobody else", async (host) => {
  const server = host.start({
    files: {
      "main.ts": `import { channel } from "denicorn";
const chat = channel("chat");
let count = 0;
let last = -1;
let isInOrder = true;
chat.onmessage = ({ data }) => {
  count++;
  isInOrder &&= data.number > last;
  last = data.number;
};
let number = 0;
const flood = () => {
  for (let turn = 0; turn < 500; turn++) chat.post({ number: number++, text: "x".repeat(2_000) });
  setTimeout(flood, 0);
};
export default (request) => {
  if (request.method === "POST") flood();
  return Response.json({ pid: Deno.pid, count, isInOrder });
};\n`,
    },
    args: ["-w", "3", "--timeout", "0", "--stall-after", "0"],
  });
  const workers = await server.ready(3);
  const { pid: sender } = await (await server.fetch("/", { method: "POST" })).json();
  const [silent] = workers.filter(({ pid }) => pid !== sender);
  Deno.kill(silent!.pid, "SIGSTOP");
  try {
    const patterns = [
      new RegExp(`warning .*pid=${sender}.* messages of channels dropped: this worker posts more than`),
      new RegExp(`warning .*pid=${silent!.pid}.* messages of channels dropped: the worker does not read`),
    ];
    for (const pattern of patterns) await server.logged(pattern);
    // The master answers, and takes note of the end of a process.
    const asked = performance.now();
    assert(await server.status() !== undefined);
    const took = performance.now() - asked;
    assert(took < 2_000, `the master answered after ${took} ms`);
    const [reader] = workers.filter(({ pid }) => pid !== sender && pid !== silent!.pid);
    const counts = await server.until("what the third one has heard", async () => {
      using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      const response = await fetch(server.url, { client, signal: AbortSignal.timeout(500) }).catch(() =>
        null
      );
      const found = await response?.json().catch(() => null);
      return found?.pid === reader!.pid && found.count > 1_000 && found;
    });
    assert(counts.isInOrder, "the order of the sender is lost");
  } finally {
    Deno.kill(silent!.pid, "SIGCONT");
  }
  Deno.kill(sender, "SIGKILL");
  await server.logged(new RegExp(`pid=${sender}.*SIGKILL`));
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

integrationTest("what a worker posts last, in shutdown, is heard", async (host) => {
  const server = host.start({
    files: {
      "main.ts": `import { channel } from "denicorn";
${hearing}
const chat = channel("chat");
chat.onmessage = ({ data }) => hear(data);
export const shutdown = () => {
  for (let count = 0; count < 100; count++) chat.post("bye " + count + " of " + Deno.pid);
};
export default () => new Response(String(Deno.pid));\n`,
    },
    args: ["-w", "2"],
  });
  const [first, second] = await server.ready(2);
  Deno.kill(first!.pid, "SIGTERM");
  const last = `bye 99 of ${first!.pid}`;
  await server.until("the last words", () => heard(host)[second!.pid]?.includes(last));
  assertEquals(heard(host)[second!.pid]?.length, 100);
});

for (const signal of ["SIGHUP", "SIGUSR2"] as const) {
  const what = signal === "SIGHUP" ? "a reload" : "an upgrade";
  integrationTest(`during ${what} the old workers and the new ones hear each other`, async (host) => {
    const server = host.start({
      files: {
        "main.ts": `import { channel } from "denicorn";
const chat = channel("chat");
const own = String(Deno.pid);
chat.onmessage = ({ data: { to, text } }) => to === own && chat.post({ to: "", text: own + " hears " + text });
const next = (accept) => new Promise((resolve) => chat.addEventListener("message", ({ data }) => accept(data) && resolve(data)));
export default async (request) => {
  if (request.method === "GET") {
    const { text } = await next(({ to }) => to === "all");
    return new Response(own + " hears " + text);
  }
  const to = await request.text();
  if (to === own) return new Response("");
  const answer = next(({ text }) => text.startsWith(to + " hears"));
  chat.post({ to, text: own });
  const { text } = await answer;
  chat.post({ to: "all", text: own });
  return new Response(text);
};\n`,
      },
      args: ["-w", "1"],
    });
    const [old] = await server.ready(1);
    const waiting = server.text();
    await server.until("the request", async () => (await server.status())?.workers[0]?.inFlight === 1);
    server.kill(signal);
    const [, pid] = await server.logged(/pid=(\d+) +ready after[^]*pid=(\d+) +ready after/).then((
      [, , pid],
    ) => [0, pid]);
    // Until the new one has taken over, the old one may be asked: it answers nothing, and would else never answer.
    let answer = "";
    await server.until("an answer of the old worker to the new one", async () => {
      const response = await server.fetch("/", {
        method: "POST",
        body: String(old!.pid),
        signal: AbortSignal.timeout(2_000),
      })
        .catch(() => null);
      answer = await response?.text() ?? "";
      return answer !== "";
    });
    assertEquals([answer, await waiting], [`${old!.pid} hears ${pid}`, `${old!.pid} hears ${pid}`]);
    if (signal === "SIGUSR2") await server.upgraded();
    await server.until("the end of the old worker", async () => {
      const workers = (await server.status())?.workers;
      return workers?.length === 1 && workers[0]!.pid !== old!.pid;
    });
  });
}
