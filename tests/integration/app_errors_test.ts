/** What the log says about errors of the app: which request they belong to, and where in the app they come from. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { linkPackages } from "./node_packages.ts";

/** Each path fails in another way. */
const failing = `
const later = () => new Promise((resolve) => setTimeout(resolve));
function thrower(text: string): never {
  throw new Error(text);
}
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") thrower("thrown");
  await later();
  if (pathname === "/later") thrower("thrown later");
  if (pathname === "/cause") throw new TypeError("outer", { cause: new RangeError("inner") });
  if (pathname === "/upgrade") return Deno.upgradeWebSocket(request).response;
  if (pathname === "/missing") return undefined as unknown as Response;
  return new Response(String(Deno.pid));
};\n`;

const withId = { headers: { "x-request-id": "7f3a-2" } };

integrationTest("an error names method, path and request id, and the lines of the app", async (host) => {
  const server = host.start({ files: { "main.ts": failing } });
  await server.ready(1);
  for (
    const [path, rest] of [
      [
        "/throw",
        "the app threw\n +Error: thrown\n +at thrower \\(.*main\\.ts:4:\\d+\\)\n +at .*main\\.ts:8:\\d+",
      ],
      [
        "/later",
        "the app threw\n +Error: thrown later\n +at thrower .*main\\.ts:4:\\d+.*\n +at .*main\\.ts:10:",
      ],
      [
        "/cause",
        "the app threw\n +TypeError: outer\n +at .*\n +Caused by: RangeError: inner\n +at .*main\\.ts:11:",
      ],
      ["/upgrade", "the app threw\n +TypeError: .*\n +at .*main\\.ts:12:"],
      ["/missing", "the app answered undefined, not a Response: is a return missing\\?\n"],
    ] as const
  ) {
    const from = server.stderr.length;
    const response = await server.fetch(`${path}?secret=1`, withId);
    assertEquals([path, response.status, await response.text()], [path, 500, "Internal Server Error"]);
    await server.logged(new RegExp(`error .*  GET ${path} \\(request id 7f3a-2\\): ${rest}`), from);
  }
  // Neither Denicorn's own frames nor those of the runtime.
  assert(!/secret|ext:|src\/worker|requests\.ts|node:/.test(server.stderr), server.stderr);
});

integrationTest(
  "an answer that cannot be sent is a 500 without details, and the worker lives",
  async (host) => {
    const files = {
      "main.ts": `
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  await undefined;
  if (pathname === "/stream") {
    return new Response(new ReadableStream({ start: (controller) => controller.error(new Error("secret")) }));
  }
  if (pathname === "/header") return new Response("x", { headers: { "x-a": "two\\nlines" } });
  if (pathname === "/wide") return new Response("x", { headers: { "x-a": "\\u0100" } });
  if (pathname === "/undefined") throw undefined;
  if (pathname === "/text") return await Promise.reject("secret");
  if (pathname === "/plain") return { status: 200 } as Response;
  return new Response(String(Deno.pid));
};\n`,
    };
    const server = host.start({ files, args: ["--workers", "1"] });
    await server.ready(1);
    const pid = await server.text();
    for (
      const [path, text] of [
        ["/stream", "the body of the response failed\n +Error: secret"],
        ["/header", "the app threw\n +TypeError: "],
        ["/wide", "the app threw\n +TypeError: "],
        ["/undefined", "the app threw"],
        ["/text", "the app threw\n +secret"],
        ["/plain", "the app answered an object \\(Object\\), not a Response"],
      ] as const
    ) {
      const from = server.stderr.length;
      const response = await server.fetch(path, withId);
      assertEquals([path, response.status, await response.text()], [path, 500, "Internal Server Error"]);
      await server.logged(new RegExp(`error .*  GET ${path} \\(request id 7f3a-2\\): ${text}`), from);
    }
    assertEquals(await server.text(), pid);
  },
);

integrationTest("a request id that could forge or flood the log is left out", async (host) => {
  const server = host.start({ files: { "main.ts": failing }, args: ["--log-format", "json"] });
  await server.ready(1);
  for (const id of ["two words", "x".repeat(129), "", "é"]) {
    const from = server.stderr.length;
    await (await server.fetch("/throw", { headers: { "x-request-id": id } })).text();
    const [line] = await server.logged(/^.*the app threw.*$/m, from);
    const { message, requestId } = JSON.parse(line);
    assertEquals([message, requestId], ["GET /throw: the app threw", undefined]);
  }
  const from = server.stderr.length;
  await (await server.fetch("/throw", withId)).text();
  const [line] = await server.logged(/^.*the app threw.*$/m, from);
  assertEquals(JSON.parse(line).requestId, "7f3a-2");
});

integrationTest(
  "the line about a body that fails names its request, whatever else is being sent",
  async (host) => {
    const files = {
      "main.ts": `
export default (request: Request): Response => {
  const { pathname } = new URL(request.url);
  let count = 0;
  const body = new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode("part"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (++count === 10) controller.close();
      if (count === 4 && pathname.startsWith("/broken")) controller.error(new Error("broken " + pathname));
      // As for what was fetched with the signal of the request.
      if (count === 4 && pathname === "/left") controller.error(new DOMException("left", "AbortError"));
    },
  });
  return new Response(body);
};\n`,
    };
    const server = host.start({
      files,
      args: ["--access-logfile", "access.log", "--access-logformat", '"%(r)s" %(s)s %(E)s'],
    });
    await server.ready(1);
    const read = async (path: string) => {
      const response = await server.fetch(path, { headers: { "x-request-id": path.slice(1) } });
      return await response.text().catch(() => "cut");
    };
    const whole = "part".repeat(10);
    assertEquals(
      await Promise.all(["/a", "/b", "/broken1", "/c", "/broken2", "/d"].map(read)),
      [whole, whole, "cut", whole, "cut", whole],
    );
    for (const number of [1, 2]) {
      await server.logged(
        new RegExp(
          `error .*  GET /broken${number} \\(request id broken${number}\\): the body of the response failed\\n` +
            ` +Error: broken /broken${number}\\n +at .*main\\.ts:10:`,
        ),
      );
    }
    const lines = await server.until("the access log", () => {
      const found = Deno.readTextFileSync(`${host.folder}/access.log`).trim().split("\n");
      return found.length === 6 && found;
    });
    assertEquals(lines.filter((line) => /broken.*" 200 .*broken$/.test(line)).length, 2, lines.join("\n"));
    assertEquals(server.stderr.match(/ error .*/g)?.length, 2, server.stderr);
    if (host.target.name === "source") return;
    // Only Deno 2.9 says whether such an error was the client's.
    assertEquals(await read("/left"), "cut");
    await read("/a");
    assertEquals(server.stderr.match(/ error .*/g)?.length, 2, server.stderr);
  },
);

integrationTest("a handler of node:http that throws is named with its request id", async (host) => {
  linkPackages(host);
  const files = {
    "main.ts": `
import { createServer } from "node:http";
createServer((request, response) => {
  if (request.url === "/throw") throw new Error("thrown");
  if (request.url === "/slow") return void setTimeout(() => response.end("slow"), 1000);
  if (request.url === "/reject") void Promise.reject(new Error("rejected"));
  response.end("well");
}).listen(1);\n`,
  };
  const server = host.start({ files });
  await server.ready(1);
  await (await server.fetch("/throw", withId)).text();
  await server.logged(
    /GET \/throw \(request id 7f3a-2\): the app threw\n +Error: thrown\n +at .*main\.ts:4:\d+\)?\n(?! +at)/,
  );
  const slow = server.text("/slow");
  await server.until("the slow one", async () => (await server.status())?.workers[0]?.inFlight === 1);
  await server.text("/reject");
  await server.logged(
    /finishing: uncaught error in the app, with GET \/slow.* in flight; replacing it now\n +Error: rej/,
  );
  assertEquals(await slow, "slow");
});

integrationTest("every uncaught error of a worker that finishes is logged", async (host) => {
  const files = {
    "main.ts": `
let count = 0;
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/boom") {
    const timer = setInterval(() => {
      if (++count === 3) {
        clearInterval(timer);
        void Promise.reject(new Error("error 3"));
      } else throw new Error("error " + count);
    }, 20);
  }
  if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 500));
  return new Response("well");
};
export const shutdown = () => {
  setTimeout(() => { throw new Error("at the end"); });
  return new Promise((resolve) => setTimeout(resolve, 50));
};\n`,
  };
  const server = host.start({ files });
  await server.ready(1);
  const slow = server.text("/slow");
  await server.until("the slow one", async () => (await server.status())?.workers[0]?.inFlight === 1);
  await server.text("/boom");
  assertEquals(await slow, "well");
  await server.logged(/the app, which is finishing\n +Error: at the end\n +at .*main\.ts:/);
  assertMatch(server.stderr, /finishing: uncaught error in the app.*; replacing it now\n +Error: error 1\n/);
  for (const number of [2, 3]) {
    assertMatch(
      server.stderr,
      new RegExp(
        `uncaught error in the app, which is finishing, with GET /slow in flight\\n +Error: error ${number}\\n`,
      ),
    );
  }
  await server.ready(1);
  server.kill("SIGTERM");
  await server.exit();
  assertEquals(server.stderr.match(/Error: at the end/g)?.length, 2, server.stderr);
});
