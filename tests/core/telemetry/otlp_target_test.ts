import { otlpTarget } from "../../../src/core/telemetry/otlp_target.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

function target(variables: Readonly<Record<string, string>>, endpoint?: string) {
  return otlpTarget(endpoint, (name) => variables[name]);
}

const url = (found: ReturnType<typeof target>) =>
  found === null || typeof found === "string" ? found : found.url;
const base = "http://collector:4318";

Deno.test("metrics go nowhere unless a setting or a standard variable says where", () => {
  assertEquals(target({}), null);
  assertEquals(target({ OTEL_EXPORTER_OTLP_ENDPOINT: "  " }), null);
  assertEquals(url(target({ OTEL_EXPORTER_OTLP_ENDPOINT: base })), `${base}/v1/metrics`);
  assertEquals(url(target({ OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/` })), `${base}/v1/metrics`);
  assertEquals(url(target({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${base}/here` })), `${base}/here`);
  assertEquals(url(target({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://other" }, base)), `${base}/v1/metrics`);
});

Deno.test("the variables can switch metrics off, and a setting switches them on all the same", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: base };
  for (
    const off of [{ OTEL_SDK_DISABLED: "true" }, { OTEL_METRICS_EXPORTER: "none" }, {
      OTEL_METRICS_EXPORTER: "prometheus",
    }]
  ) {
    assertEquals(target({ ...endpoint, ...off as Record<string, string> }), null);
    assertEquals(url(target(off as Record<string, string>, base)), `${base}/v1/metrics`);
  }
  assertEquals(url(target({ ...endpoint, OTEL_METRICS_EXPORTER: "console,otlp" })), `${base}/v1/metrics`);
});

Deno.test("what is not possible is a reason, with what to do", () => {
  const grpc = { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
  assertMatch(String(target(grpc)), /PROTOCOL=grpc: only http is possible: give --otlp-endpoint/);
  assertEquals(url(target(grpc, base)), `${base}/v1/metrics`);
  assertMatch(
    String(target({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" })),
    /^OTEL_EXPORTER_OTLP_ENDPOINT is no address of http/,
  );
});

Deno.test("headers, resource, interval and time-out come from the variables", () => {
  const found = target({
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret, x = 1,broken,=2,odd=%",
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x=2",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=ignored,deployment.environment=test",
    OTEL_SERVICE_NAME: "shop",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_EXPORTER_OTLP_TIMEOUT: "none",
  }, base);
  assertEquals(found, {
    url: `${base}/v1/metrics`,
    shown: `${base}/v1/metrics`,
    headers: { authorization: "Bearer secret", x: "2", odd: "%" },
    resource: { "service.name": "shop", "deployment.environment": "test" },
    interval: 5_000,
    timeout: 10_000,
  });
});

Deno.test("neither a password nor a query of an address is shown", () => {
  for (const name of ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]) {
    for (const address of ["http://user:secret@collector:4318/x?key=secret", "//user:secret@collector"]) {
      const found = target({ [name]: address });
      const text = typeof found === "string" ? found : found!.shown;
      assertEquals(text.includes("secret"), false, text);
    }
  }
});
