import type { LifecycleEvent, LifecycleKind } from "../../../core/telemetry/lifecycle.ts";
import type { Status, WorkerStatus } from "../../../core/telemetry/status.ts";
import { clockText, countText, durationText, latencyText, memoryText, shareText } from "../display_text.ts";
import { workerRate } from "../samples.ts";
import { byId, document, element, type PageElement } from "./dom.ts";

/** Events shown, newest first. */
const maxShown = 25;

/** Shows everything but the charts. */
export function showStatus(before: Status | null, now: Status): void {
  const { app, phase, addresses, generation, target, version, runtime, pid, at, startedAt, master } = now;
  document.title = `${app} – Denicorn`;
  byId("app").textContent = app;
  const badge = byId("phase");
  badge.hidden = false;
  badge.textContent = phase;
  badge.className = `badge ${phase === "running" ? "good" : "warn"}`;
  byId("about").textContent = [
    addresses.join(", "),
    `generation ${generation}`,
    `target ${target}`,
    `up ${durationText(at - startedAt)}`,
    `master ${pid}: cpu ${shareText(master.cpu)}, ${memoryText(master.memory)}`,
    `denicorn ${version} (${runtime})`,
  ].join(" · ");
  byId("workers").replaceChildren(
    ...now.workers.map((worker) => workerCard("request", worker, workerRate(before, now, worker))),
  );
  byId("events").replaceChildren(...eventRows(now.events));
}

const wordsOf = {
  request: { title: "Worker", rate: "req/s", running: "in flight" },
  task: { title: "Task worker", rate: "tasks/s", running: "running" },
} as const;

/** The card of a worker, by what it handles. */
export function workerCard(
  what: keyof typeof wordsOf,
  worker: WorkerStatus,
  rate: number | null,
): PageElement {
  const words = wordsOf[what];
  const {
    slot,
    pid,
    thread,
    generation,
    state,
    isStalled,
    age,
    inFlight,
    p50,
    p99,
    lag,
    cpu,
    memory,
    current,
  } = worker;
  const mood = isStalled || state === "killed"
    ? "bad"
    : state === "ready" || state === "spare"
    ? "good"
    : "warn";
  const values: readonly (readonly [string, string])[] = [
    ...[["age", durationText(age)], ["pid", thread === null ? String(pid) : `${pid}, thread ${thread}`], [
      words.rate,
      countText(rate),
    ]] as const,
    ...[[words.running, countText(inFlight)], ["p50", latencyText(p50)], ["p99", latencyText(p99)]] as const,
    ...[["cpu", shareText(cpu)], ["memory", memoryText(memory)]] as const,
    ...[["lag", `${lag} ms`], ["generation", String(generation)]] as const,
  ];
  const made = element(
    "article",
    "card worker",
    element(
      "h3",
      "",
      `${words.title} ${slot}`,
      element("span", `badge ${mood}`, isStalled ? `${state}, stalled` : state),
    ),
    figures(values),
  );
  if (current !== null) {
    const { method, path, ms } = current;
    made.append(element("p", "request", `${method} ${path} ${latencyText(ms)}`));
  }
  made.dataset["pid"] = String(pid);
  return made;
}

/** Names and values, two of each in a row. */
export function figures(values: readonly (readonly [string, string])[]): PageElement {
  return element(
    "dl",
    "",
    ...values.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]),
  );
}

const alarming = new Set<LifecycleKind>([
  ...["worker-died", "spawn-failed", "reload-failed", "upgrade-failed"] as const,
  ...["task-worker-died", "task-spawn-failed"] as const,
]);

function eventRows(events: readonly LifecycleEvent[]): PageElement[] {
  if (events.length === 0) return [element("li", "dim", "none yet")];
  return events.slice(-maxShown).reverse().map(({ at, kind, text, worker }) =>
    element(
      "li",
      "",
      element("span", "dim", clockText(at, new Date(at).getTimezoneOffset())),
      element("span", alarming.has(kind) ? "bad" : "", kind),
      element("span", "", worker === undefined ? text : `worker ${worker}: ${text}`),
    )
  );
}
