/** No counter ever goes back: over recycling, reloads, a killed worker and upgrades, as a real Prometheus sees it. */

import type { Status } from "../../src/core/telemetry/status.ts";
import { assert, assertEquals } from "../assert.ts";
import { askAgainAndAgain } from "./again_and_again.ts";
import { slowApp } from "./apps.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

type Series = Readonly<Record<string, number>>;

/** Every counter in the text that Prometheus reads, by name and labels. */
async function readCounters(admin: number): Promise<Series> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const counters = new Set(
    [...text.matchAll(/^# TYPE (\S+) (?:counter|histogram)$/gm)].map(([, name]) => name!),
  );
  const samples = [...text.matchAll(/^(\w+)(\{[^}]*\})? (\S+)$/gm)];
  return Object.fromEntries(samples.flatMap(([, name, labels = "", value]) => {
    const isCounter = counters.has(name!) || counters.has(name!.replace(/_(bucket|sum|count)$/, ""));
    return isCounter ? [[name + labels, Number(value)]] : [];
  }));
}

/** Recycles by requests, kills a worker, reloads and upgrades, under load; returns how many requests were answered. */
async function turnOver(server: Server): Promise<number> {
  const loads = Array.from({ length: 3 }, () =>
    askAgainAndAgain(async () => {
      const response = await server.fetch("/?ms=1");
      await response.body?.cancel();
      return response.status === 200 ? null : String(response.status);
    }));
  // Workers come and go all the time.
  const first = (await server.status())!.workers.find(({ state }) => state === "ready")!;
  Deno.kill(first.pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\)/);
  await server.until("recycling", async () => (await server.status())!.totals.restarts["max-requests"] > 1);
  server.kill("SIGHUP");
  await server.logged(/2 workers of generation 2 ready/);
  for (let upgrades = 0; upgrades < 2; upgrades++) {
    server.kill("SIGUSR2");
    await server.upgraded();
  }
  const results = await Promise.all(loads.map((load) => load.end()));
  return results.reduce((sum, { asked, failures }) => {
    // Those that the killed worker had.
    const failed = failures.reduce((count, text) => count + Number.parseInt(text), 0);
    assert(failed <= 2, failures.join());
    return sum + asked - failed;
  }, 0);
}

function start(host: TestHost): { server: Server; admin: number } {
  const admin = freePort();
  const server = host.start({
    files: { "main.ts": slowApp("hello") },
    args: ["-w", "2", "--max-requests", "200", "--admin-bind", `127.0.0.1:${admin}`],
  });
  return { server, admin };
}

testOnOneTarget(
  "no counter goes back over recycling, deaths, reloads and upgrades, and none is lost",
  async (host) => {
    const { server, admin } = start(host);
    await server.ready(2);
    const backwards: string[] = [];
    let last: Series = {};
    let reads = 0;
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const now = await readCounters(admin).catch(() => null);
        if (now === null) continue;
        reads++;
        for (const [name, value] of Object.entries(last)) {
          if (!(now[name]! >= value)) backwards.push(`${name}: ${value} -> ${now[name]}`);
        }
        last = now;
      }
    })();
    let answered = 0;
    let status: Status;
    try {
      answered = await turnOver(server);
      status = await server.until("all that was answered", async () => {
        const status = await server.status();
        // What a killed worker had answered in its last milliseconds may not be counted.
        return status !== undefined && status.totals.responses["2xx"] >= answered - 5 && status;
      });
    } finally {
      isOver = true;
      await reading;
    }
    assertEquals(backwards, []);
    assert(reads > 50, String(reads));
    assertEquals([status.totals.upgrades.succeeded, status.totals.reloads.succeeded], [2, 1]);
    assert(
      status.totals.restarts.killed + status.totals.restarts.crash >= 1,
      JSON.stringify(status.totals.restarts),
    );
    assert(status.totals.restarts["max-requests"] >= 2);
    assert(
      status.totals.responses["2xx"] <= answered + 5,
      `${status.totals.responses["2xx"]} of ${answered}`,
    );
    assert(status.countedSince < status.startedAt);
  },
);

const hasPrometheus = ["/usr/bin/prometheus", "/usr/local/bin/prometheus"].some((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

testOnOneTarget("a Prometheus that scrapes all the time sees no reset", async (host) => {
  const { server, admin } = start(host);
  await server.ready(2);
  const port = freePort();
  host.write({
    "prometheus.yml": `global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - job_name: denicorn
    static_configs: [{ targets: ["127.0.0.1:${admin}"] }]
`,
  });
  const prometheus = new Deno.Command("prometheus", {
    args: [
      `--config.file=${host.folder}/prometheus.yml`,
      `--storage.tsdb.path=${host.folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: host.folder,
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const ask = async (query: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { data } = await answer.json() as {
        data: { result: { metric: { __name__?: string }; value: [number, string] }[] };
      };
      return data.result;
    };
    const requests = 'sum(denicorn_requests_total{class="2xx"})';
    await server.until("the first scrape", async () => (await ask(requests).catch(() => [])).length > 0);
    const answered = await turnOver(server);
    await server.until(
      "the last scrape",
      async () => Number((await ask(requests))[0]!.value[1]) >= answered - 5,
    );
    const names = new Set(Object.keys(await readCounters(admin)).map((name) => name.replace(/\{.*/, "")));
    assert(names.size > 10, [...names].join());
    const resets: string[] = [];
    for (const name of names) {
      const [found] = await ask(`sum(resets(${name}[10m]))`);
      if (Number(found!.value[1]) > 0) resets.push(name);
    }
    assertEquals(resets, []);
    assert(
      (await ask("count_over_time(denicorn_ready[10m]) > 10")).length === 1,
      "it has scraped all the time",
    );
  } finally {
    prometheus.kill("SIGTERM");
    await prometheus.status;
  }
}, hasPrometheus ? null : "prometheus is missing: apt-get install prometheus");
