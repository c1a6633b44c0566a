/**
 * Where metrics go over OTLP, and how, by the standard variables of OpenTelemetry:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */

export interface OtlpTarget {
  readonly url: string;
  /** The same for the log: without what may be secret. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the values belong to. */
  readonly resource: Readonly<Record<string, string>>;
  /** Milliseconds between two requests. */
  readonly interval: number;
  /** Milliseconds that one may take. */
  readonly timeout: number;
}

/** The name of a service that nobody has named. */
const service = "denicorn";

const defaultInterval = 60_000;
const defaultTimeout = 10_000;
const shortestInterval = 100;

/**
 * `endpoint` is the setting; without it the variables decide. `null` if metrics go nowhere, a text that says why if the
 * variables ask for something that is not possible.
 */
export function otlpTarget(
  endpoint: string | undefined,
  env: (name: string) => string | undefined,
): OtlpTarget | string | null {
  const read = (name: string) => env(name)?.trim() || undefined;
  const own = read("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  const base = endpoint ?? read("OTEL_EXPORTER_OTLP_ENDPOINT");
  const url = endpoint === undefined && own !== undefined
    ? own
    : base === undefined
    ? undefined
    : `${base.replace(/\/+$/, "")}/v1/metrics`;
  if (url === undefined) return null;
  if (endpoint === undefined) {
    if (read("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return null;
    if (!(read("OTEL_METRICS_EXPORTER") ?? "otlp").split(",").includes("otlp")) return null;
    const protocol = read("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") ?? read("OTEL_EXPORTER_OTLP_PROTOCOL");
    if (protocol === "grpc") {
      return "OTEL_EXPORTER_OTLP_PROTOCOL=grpc: only http is possible: give --otlp-endpoint, such as http://127.0.0.1:4318";
    }
  }
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    const given = own !== undefined ? "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" : "OTEL_EXPORTER_OTLP_ENDPOINT";
    return `${given} is no address of http: give one, such as http://127.0.0.1:4318`;
  }
  const attributes = pairs(read("OTEL_RESOURCE_ATTRIBUTES"));
  return {
    url,
    shown: parsed.origin + parsed.pathname,
    headers: {
      ...pairs(read("OTEL_EXPORTER_OTLP_HEADERS")),
      ...pairs(read("OTEL_EXPORTER_OTLP_METRICS_HEADERS")),
    },
    resource: { "service.name": service, ...attributes, ...named(read("OTEL_SERVICE_NAME")) },
    interval: Math.max(shortestInterval, number(read("OTEL_METRIC_EXPORT_INTERVAL"), defaultInterval)),
    timeout: number(
      read("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT") ?? read("OTEL_EXPORTER_OTLP_TIMEOUT"),
      defaultTimeout,
    ),
  };
}

function named(name: string | undefined): Record<string, string> {
  return name === undefined ? {} : { "service.name": name };
}

/** `name=value,name=value`, each percent-encoded. What is none of that is left out. */
function pairs(text = ""): Record<string, string> {
  const entries = text.split(",").flatMap((pair) => {
    const place = pair.indexOf("=");
    const [name, value] = [pair.slice(0, place).trim(), pair.slice(place + 1).trim()];
    return place < 1 ? [] : [[decoded(name), decoded(value)] as const];
  });
  return Object.fromEntries(entries);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A number of milliseconds above 0. */
function number(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}
