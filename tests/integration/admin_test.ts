import type { Status } from "../../src/core/telemetry/status.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, type TestHost, testOnOneTarget, until } from "./harness.ts";
import type { Server } from "./server.ts";

const token = "0123456789abcdef";
const answerApp = `
export default (request: Request) => new Response(null, { status: Number(new URL(request.url).pathname.slice(1)) });
`;

/** A server with an admin address, and a function to send requests to it. */
function start(host: TestHost, files: Record<string, string>, args: readonly string[], env = {}) {
  const port = freePort();
  const server = host.start({ files, args: ["--admin-bind", `127.0.0.1:${port}`, ...args], env });
  return { server, port, ask: (path: string, init?: RequestInit) => ask(port, path, init) };
}

async function ask(port: number, path: string, init: RequestInit = {}) {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, client });
  return { status: response.status, text: await response.text() };
}

const withToken = { authorization: `Bearer ${token}` };

/** The samples of a text in Prometheus' format, by name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const [, name, value] = line.match(/^(\S+?(?:\{.*\})?) (\S+)$/)!;
    return [name!, Number(value)];
  }));
}

testOnOneTarget("ctl, /status and /metrics agree", async (host) => {
  const { server, ask } = start(host, { "main.ts": answerApp }, ["--workers", "2"]);
  await server.ready(2);
  for (const status of [200, 200, 204, 302, 404, 500]) {
    await (await server.fetch(`/${status}`, manual)).text();
  }
  await server.until("all counted", async () => {
    const { totals } = JSON.parse((await ask("/status")).text) as Status;
    return Object.values(totals.responses).reduce((sum, count) => sum + count) === 6;
  });

  const [directory] = Array.from(Deno.readDirSync(host.runtime), ({ name }) => name);
  const socket = `${host.runtime}/${directory}/control.sock`;
  const answer = await host.run(["ctl", "--socket", socket, "--json", "status"]);
  assertEquals([answer.code, answer.stderr], [0, ""]);
  const fromCtl = JSON.parse(answer.stdout) as Status;
  const fromPage = JSON.parse((await ask("/status")).text) as Status;
  const { text } = await ask("/metrics");
  const metric = samples(text);

  assertEquals(lasting(fromPage), lasting(fromCtl));
  const { totals, workers, target, generation, startedAt } = fromPage;
  assertEquals(totals.responses, { "1xx": 0, "2xx": 3, "3xx": 1, "4xx": 1, "5xx": 1 });
  for (const [name, count] of Object.entries(totals.responses)) {
    assertEquals(metric.get(`denicorn_requests_total{class="${name}"}`), count);
  }
  assertEquals(metric.get("denicorn_request_duration_seconds_count"), 6);
  assertEquals(metric.get('denicorn_request_duration_seconds_bucket{le="+Inf"}'), 6);
  assertEquals(metric.get('denicorn_workers{state="ready"}'), workers.length);
  assertEquals(
    ["workers_target", "generation", "requests_in_flight", "ready", "start_time_seconds"]
      .map((name) => metric.get(`denicorn_${name}`)),
    [target, generation, totals.inFlight, 1, startedAt / 1000],
  );
  assertEquals(workers.every(({ heartbeatAge }) => heartbeatAge! < 60_000), true);
  // /proc may have been read last while they booted.
  await server.until("what the workers take", async () => {
    const metric = samples((await ask("/metrics")).text);
    return metric.get("denicorn_workers_cpu_seconds_total")! > 0 &&
      workers.every(({ slot }) => metric.get(`denicorn_worker_memory_bytes{worker="${slot}"}`)! > 1e6);
  });
});

const manual = { redirect: "manual" } as const;

/** Without the values that change by themselves. */
function lasting({ workers, totals, ...status }: Status) {
  const { requests, responses, latency, restarts, reloads } = totals;
  return {
    ...{ ...status, at: 0, master: null },
    totals: { requests, responses, latency, restarts, reloads },
    workers: workers.map(({ slot, pid, generation, state, requests, responses, p50, p99 }) => ({
      ...{ slot, pid, generation, state, requests, responses, p50, p99 },
    })),
  };
}

testOnOneTarget("no counter goes back when workers are killed, reloaded and scaled away", async (host) => {
  const { server, ask } = start(host, { "main.ts": pidApp }, ["--workers", "2"]);
  const [first] = await server.ready(2);
  await server.answering(20);
  const counters = async () => {
    const { text } = await ask("/metrics");
    const found = samples(text);
    return new Map([...found].filter(([name]) => /_(total|count|sum|bucket)\b/.test(name)));
  };
  const settled = () =>
    server.until(
      "all counted",
      async () => (await counters()).get('denicorn_requests_total{class="2xx"}') === expected,
    );
  let expected = 20;
  await settled();
  const before = await counters();
  Deno.kill(first!.pid, "SIGKILL");
  await server.until(
    "the replacement",
    async () => (await counters()).get('denicorn_worker_restarts_total{cause="killed"}') === 1,
  );
  server.kill("SIGHUP");
  await server.ready(2, 2);
  server.kill("SIGTTIN");
  await server.ready(3);
  await server.until(
    "the reload counted",
    async () => (await counters()).get('denicorn_reloads_total{outcome="succeeded"}') === 1,
  );
  assertEquals((await counters()).get('denicorn_requests_total{class="2xx"}'), 20);
  await server.answering(5);
  expected = 25;
  await settled();
  const after = await counters();
  for (const [name, value] of before) assert(after.get(name)! >= value, name);
  assertEquals(after.get('denicorn_scalings_total{direction="up"}'), 1);
  const { events } = JSON.parse((await ask("/status")).text) as Status;
  assertEquals(events.map(({ kind }) => kind), ["worker-died", "reload-complete", "scaled"]);
  assertMatch(events[0]!.text, /died \(SIGKILL\)/);
  assertEquals(events[2]!.text, "workers: 2 -> 3 (requested)");
});

testOnOneTarget("health and readiness follow the life of the server", async (host) => {
  const slow = `await new Promise((resolve) => setTimeout(resolve, 1000));\n${slowlyEnding}`;
  const { server, ask } = start(host, { "main.ts": slow }, []);
  await until("healthz", () => ask("/healthz").then(({ status }) => status === 200, () => false));
  assertEquals(await ask("/readyz"), { status: 503, text: "not ready: it is starting\n" });
  await server.ready(1);
  assertEquals(await ask("/readyz"), { status: 200, text: "ready\n" });
  const answer = server.text("/");
  await server.until(
    "the request in flight",
    async () => (await server.status())?.workers[0]?.inFlight === 1,
  );
  server.kill("SIGTERM");
  await server.until("not ready", async () => (await ask("/readyz")).status === 503);
  assertMatch((await ask("/readyz")).text, /it is stopping/);
  assertEquals((await ask("/healthz")).status, 200);
  assertEquals(await answer, "late");
  assertEquals((await server.exit()).code, 0);
  assert(await ask("/healthz").then(() => false, () => true), "the address is closed");
});

/** `/block` blocks the event loop for 5 s. */
const blockingApp = `export default (request: Request): Response => {
  const end = performance.now() + (request.url.endsWith("/block") ? 5_000 : 0);
  while (performance.now() < end);
  return new Response("done");
};\n`;

testOnOneTarget(
  "a server of which every worker is blocked is not ready, until one can answer",
  async (host) => {
    const { server, ask } = start(host, { "main.ts": blockingApp }, ["-w", "2"]);
    await server.ready(2);
    const isStalled = async (count: number) =>
      (await server.status())?.workers.filter((worker) => worker.isStalled).length === count;
    const answers = [server.text("/block")];
    await server.until("one stalled worker", () => isStalled(1));
    answers.push(server.text("/block"));
    await server.until("two stalled workers", () => isStalled(2));
    const reason =
      /^not ready: no worker has answered for \d s: every event loop is blocked, that of worker \d by GET \/block\n$/;
    const refused = await server.until("not ready", async () => {
      const answer = await ask("/readyz");
      return answer.status === 503 && answer;
    });
    assertMatch(refused.text, reason);
    assertEquals(samples((await ask("/metrics")).text).get("denicorn_ready"), 0);
    assertEquals((await ask("/healthz")).status, 200);
    assertEquals(await Promise.race(answers), "done");
    await server.until("ready", async () => (await ask("/readyz")).status === 200);
    assertEquals(await Promise.all(answers), ["done", "done"]);
  },
);

testOnOneTarget("a server without workers says so, and what brings them back", async (host) => {
  const { server, ask } = start(host, { "main.ts": pidApp }, ["-w", "2"]);
  await server.ready(2);
  server.kill("SIGWINCH");
  await server.logged(
    /no workers \(requested\): new connections are refused until HUP, TTIN or `denicorn ctl scale`/,
  );
  await server.ready(0);
  assertEquals(await ask("/readyz"), {
    status: 503,
    text: "not ready: all workers are drained (requested)\n",
  });
  assert(!/0 workers/.test(server.stderr), server.stderr);
  server.kill("SIGTTIN");
  await server.ready(1);
  assertEquals((await ask("/readyz")).status, 200);
});

const slowlyEnding = `export default async () => {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return new Response("late");
};\n`;

testOnOneTarget("changes need the token", async (host) => {
  const { server, ask } = start(host, { "main.ts": pidApp }, [], { DENICORN_ADMIN_TOKEN: token });
  await server.ready(1);
  const wrong = { authorization: `Bearer ${token.replace("0", "1")}` };
  const scale = (headers: HeadersInit, body = '{"target":2}') =>
    ask("/scale", { method: "POST", headers, body });
  assertEquals((await scale({})).status, 401);
  assertEquals((await scale(wrong)).status, 401);
  assertEquals((await ask("/reload", { method: "POST", headers: wrong })).status, 401);
  assertEquals((await ask("/status")).status, 200);
  assertEquals((await scale(withToken, '{"target":0}')).status, 400);
  assertEquals((await scale(withToken)).status, 202);
  await server.ready(2);
  assertEquals((await ask("/reload", { method: "POST", headers: withToken })).status, 202);
  await server.ready(2, 2);
  const shown = await host.run(["settings"], { DENICORN_ADMIN_TOKEN: token });
  assert(!shown.stdout.includes(token) && shown.stdout.includes("admin-token = (hidden)"));
});

testOnOneTarget("without a token nothing can be changed; an app does not see the token", async (host) => {
  const app = 'export default () => new Response(Deno.env.get("DENICORN_ADMIN_TOKEN") ?? "none");\n';
  const { server, ask } = start(host, { "main.ts": app }, []);
  await server.ready(1);
  assertEquals((await ask("/reload", { method: "POST" })).status, 403);
  assertEquals((await ask("/reload", { method: "POST", headers: withToken })).status, 403);
  const other = start(host, { "main.ts": app }, [], { DENICORN_ADMIN_TOKEN: token });
  await other.server.ready(1);
  assertEquals(await other.server.text(), "none");
});

testOnOneTarget(
  "on an address that other machines reach, everything but probes needs the token",
  async (host) => {
    const port = freePort();
    host.write({ "token": `${token}\n` });
    const server = host.start({
      files: { "main.ts": pidApp },
      args: ["--admin-bind", `:${port}`, "--admin-token-file", "token"],
    });
    await server.ready(1);
    for (const path of ["/healthz", "/readyz"]) assertEquals((await ask(port, path)).status, 200, path);
    for (const path of ["/status", "/metrics", "/"]) {
      assertEquals((await ask(port, path)).status, 401, path);
      assertEquals((await ask(port, path, { headers: withToken })).status, 200, path);
    }
  },
);

testOnOneTarget("an admin address that is in use ends the start with exit code 3", async (host) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--admin-bind", `127.0.0.1:${port}`] });
  assertEquals((await server.exit()).code, 3);
  assertMatch(
    server.stderr,
    new RegExp(
      `127.0.0.1:${port} is in use .* another --admin-bind \\(given by command line --admin-bind\\)`,
    ),
  );
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("after an upgrade the new master answers on the admin address", async (host) => {
  const { server, ask } = start(host, { "main.ts": pidApp }, []);
  await server.ready(1);
  const old = server.pid;
  server.kill("SIGUSR2");
  await server.upgraded();
  const status = await server.until("the new master's answer", () =>
    ask("/status").then(({ text }) => {
      const status = JSON.parse(text) as Status;
      return status.pid !== old && status;
    }, () => undefined));
  assertEquals([status.pid, status.totals.upgrades.succeeded], [server.pid, 1]);
});

testOnOneTarget("StatsD gets metrics under Gunicorn's names", async (host) => {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  const server: Server = host.start({
    files: { "main.ts": answerApp },
    args: ["--statsd-host", `127.0.0.1:${port}`],
  });
  let received = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const [bytes] of socket) received += `${decoder.decode(bytes)}\n`;
  })();
  try {
    await server.ready(1);
    await server.until("the workers", () => /^gunicorn\.workers:1\|g$/m.test(received));
    for (const status of [200, 200, 404]) await (await server.fetch(`/${status}`)).text();
    const sum = (name: string) =>
      Array.from(received.matchAll(new RegExp(`^${name}:(\\d+)\\|c$`, "gm")), ([, count]) => Number(count))
        .reduce((a, b) => a + b, 0);
    await server.until("the requests", () => sum("gunicorn\\.requests") === 3);
    assertEquals(
      [sum("gunicorn\\.request\\.status\\.2xx"), sum("gunicorn\\.request\\.status\\.4xx")],
      [2, 1],
    );
    assertMatch(received, /^gunicorn\.request\.duration:[\d.]+\|ms(\|@[\d.]+)?$/m);
  } finally {
    socket.close();
    await reading;
  }
});
