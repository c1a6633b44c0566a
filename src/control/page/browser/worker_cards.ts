import type { WorkerStatus } from "../../../core/telemetry/status.ts";
import { countText, durationText, latencyText, memoryText, shareText } from "../display_text.ts";
import { lagOf, lagText, moodOf, stateText, type WorkerRow } from "../worker_rows.ts";
import { element, type PageElement, write } from "./dom.ts";
import { type Kept, KeptList } from "./kept_list.ts";

const wordsOf = {
  request: { title: "Worker", rate: "req/s", running: "in flight" },
  task: { title: "Task worker", rate: "tasks/s", running: "running" },
} as const;

/** Makes the buttons of one worker. */
type MakeActions = (worker: WorkerStatus) => readonly PageElement[];

/** A card for each worker, by what it handles. */
export function workerCards(
  place: PageElement,
  what: keyof typeof wordsOf,
  actions: MakeActions = () => [],
): KeptList<WorkerRow> {
  return new KeptList<WorkerRow>(place, keyOf, ({ worker }) => makeCard(what, worker, actions));
}

/** Threads have the process in common. */
export function keyOf({ worker: { slot, pid } }: WorkerRow): string {
  return `${slot} ${pid}`;
}

function makeCard(what: keyof typeof wordsOf, worker: WorkerStatus, actions: MakeActions): Kept<WorkerRow> {
  const badge = element("span", "badge");
  const figures = element("dl", "");
  const values: PageElement[] = [];
  const request = element("p", "request");
  const root = element(
    "article",
    "card worker",
    element("h3", "", `${wordsOf[what].title} ${worker.slot}`, badge, ...actions(worker)),
    figures,
    request,
  );
  root.dataset["pid"] = String(worker.pid);
  for (const [name] of figuresOf(what, { worker, rate: null, errors: null })) {
    const value = element("dd", "");
    values.push(value);
    figures.append(element("dt", "", name), value);
  }
  return {
    root,
    update(row) {
      const { current } = row.worker;
      write(badge, stateText(row.worker));
      badge.className = `badge ${moodOf(row.worker)}`;
      figuresOf(what, row).forEach(([, text], place) => write(values[place]!, text));
      request.hidden = current === null;
      if (current !== null) write(request, `${current.method} ${current.path} ${latencyText(current.ms)}`);
    },
  };
}

function figuresOf(
  what: keyof typeof wordsOf,
  { worker, rate }: WorkerRow,
): readonly (readonly [string, string])[] {
  const { pid, thread, generation, age, inFlight, p50, p99, cpu, memory, responses, restarts } = worker;
  const words = wordsOf[what];
  return [
    ["age", durationText(age)],
    ["pid", thread === null ? String(pid) : `${pid}, thread ${thread}`],
    [words.rate, countText(rate)],
    [words.running, countText(inFlight)],
    ["p50", latencyText(p50)],
    ["p99", latencyText(p99)],
    ["cpu", shareText(cpu)],
    ["memory", memoryText(memory)],
    ["lag", lagText(lagOf(worker))],
    ["generation", String(generation)],
    ...(what === "task" ? [] : [["errors", countText(responses["5xx"])]] as const),
    ["restarts", countText(restarts)],
  ];
}
