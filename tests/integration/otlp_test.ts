/** Metrics over OTLP, taken by a receiver that decodes them. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { notInThisProgram, testOnOneTarget } from "./harness.ts";

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

interface Sent {
  readonly headers: Headers;
  readonly path: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: ReadonlyMap<string, { readonly sum?: { readonly dataPoints: readonly Point[] } }>;
}

const asRecord = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

/** Takes what is sent to it, and answers with `status`. */
function receiver() {
  const sent: Sent[] = [];
  const state = { status: 200 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] } = await request.json();
    if (state.status === 200) {
      sent.push({
        headers: request.headers,
        path: new URL(request.url).pathname,
        resource: asRecord(resource.attributes),
        metrics: new Map(metrics.map((metric: { name: string }) => [metric.name, metric])),
      });
    }
    return Response.json({ partialSuccess: {} }, { status: state.status });
  });
  return { sent, state, url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

/** How many requests were answered with 2xx, as the last message says. */
function answered(sent: readonly Sent[]): number {
  const points = sent.at(-1)?.metrics.get("denicorn_requests_total")?.sum?.dataPoints ?? [];
  return points.find(({ attributes }) => asRecord(attributes).class === "2xx")?.asDouble ?? 0;
}

const quick = { OTEL_METRIC_EXPORT_INTERVAL: "200", OTEL_SERVICE_NAME: "shop" };

testOnOneTarget(
  "metrics reach a receiver of OTLP, grow, survive a reload, and the last ones are sent at the end",
  async (host) => {
    const { sent, url, close } = receiver();
    try {
      const server = host.start({
        files: { "main.ts": slowApp("hello") },
        args: ["-w", "2", "--otlp-endpoint", url],
        env: { ...quick, OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret" },
      });
      await server.ready(2);
      for (let count = 0; count < 5; count++) await server.text();
      await server.until("5 requests", () => answered(sent) === 5);
      const { headers, path, resource, metrics } = sent.at(-1)!;
      assertEquals([headers.get("authorization"), headers.get("content-type"), path], [
        "Bearer secret",
        "application/json",
        "/v1/metrics",
      ]);
      assertEquals(resource["service.name"], "shop");
      assertEquals(resource["service.instance.id"], `${resource["host.name"]}:127.0.0.1:${server.port}`);
      const [point] = metrics.get("denicorn_requests_total")!.sum!.dataPoints as [Point];
      assert(BigInt(point.startTimeUnixNano) < BigInt(point.timeUnixNano));
      server.kill("SIGHUP");
      await server.ready(2, 2);
      for (let count = 0; count < 3; count++) await server.text();
      await server.until("8 requests", () => answered(sent) === 8);
      await server.text();
      server.kill("SIGTERM");
      assertEquals((await server.exit()).code, 0);
      assertEquals(answered(sent), 9);
      assert(!server.stderr.includes("secret"));
    } finally {
      await close();
    }
  },
);

testOnOneTarget(
  "a receiver that fails is reported once, and again when it works; the variables are enough",
  async (host) => {
    const { sent, state, url, close } = receiver();
    try {
      state.status = 503;
      const server = host.start({
        files: { "main.ts": slowApp("hello") },
        args: ["-w", "1"],
        env: { ...quick, OTEL_EXPORTER_OTLP_ENDPOINT: url },
      });
      await server.logged(
        /cannot send metrics over OTLP to \S+\/v1\/metrics: answered 503: it is tried again every 0.2 s/,
      );
      await server.ready(1);
      assertEquals(await server.text(), "hello");
      state.status = 200;
      await server.logged(/metrics reach \S+ again/);
      await server.until("the metrics", () => answered(sent) === 1);
      assertEquals(server.stderr.match(/cannot send metrics/g)?.length, 1);
    } finally {
      await close();
    }
  },
);

testOnOneTarget("a receiver that never answers does not keep the server from stopping", async (host) => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = host.start({
    files: { "main.ts": slowApp("hello") },
    args: ["-w", "1", "--otlp-endpoint", `http://127.0.0.1:${silent.addr.port}`],
    env: quick,
  });
  await server.ready(1);
  const connection = await silent.accept();
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  connection.close();
});

testOnOneTarget("an address that is none of HTTP, or has a password, is refused", async (host) => {
  host.write({ "main.ts": slowApp("hello") });
  for (const address of ["collector:4318", "http://user:secret@collector:4318", "ftp://collector"]) {
    const { code, stderr } = await host.run(["check", "--otlp-endpoint", address, "main.ts"]);
    assertEquals(code, 2, address);
    assertMatch(stderr, /otlp-endpoint: .* is not accepted: give http:\/\/HOST:PORT/);
  }
});

testOnOneTarget("spans of the runtime say which worker and generation they are from", async (host) => {
  const resources: Record<string, string>[] = [];
  const traces: string[] = [];
  const collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { resourceSpans = [] } = await request.json();
    for (const { resource, scopeSpans } of resourceSpans) {
      resources.push(asRecord(resource.attributes));
      for (const { spans } of scopeSpans) {
        traces.push(...spans.map(({ traceId }: { traceId: string }) => traceId));
      }
    }
    return Response.json({});
  });
  try {
    const server = host.start({
      files: { "main.ts": slowApp("hello") },
      args: ["-w", "1"],
      env: {
        OTEL_DENO: "true",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
        OTEL_METRICS_EXPORTER: "none",
        OTEL_BSP_SCHEDULE_DELAY: "100",
      },
    });
    await server.ready(1);
    await server.text();
    const trace = "0af7651916cd43dd8448eb211c80319c";
    await (await server.fetch("/", { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } })).text();
    await server.until("a span of the client's trace", () => traces.includes(trace));
    await server.until("a span", () => resources.some((resource) => resource["denicorn.generation"] === "1"));
    server.kill("SIGHUP");
    await server.ready(1, 2);
    await server.text();
    const second = await server.until(
      "a span of the second generation",
      () => resources.find((resource) => resource["denicorn.generation"] === "2"),
    );
    assertEquals([second["denicorn.worker"], second["deployment.environment"]], ["1", "test"]);
  } finally {
    await collector.shutdown();
  }
}, ({ name }) => name === "binary" ? notInThisProgram : null);
