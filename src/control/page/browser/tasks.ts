/** The part of the page about tasks; apps without tasks do not have it. */

import type { Status } from "../../../core/telemetry/status.ts";
import type { TaskTotals } from "../../../core/telemetry/task_status.ts";
import { countText, durationText, latencyText } from "../display_text.ts";
import { chartSpan, keep, workerRate } from "../samples.ts";
import { type TaskSample, taskSampleOf } from "../task_samples.ts";
import { type Chart, makeCharts } from "./charts.ts";
import { command } from "./controls.ts";
import { DeadTasks } from "./dead_tasks.ts";
import { byId, element, type PageElement } from "./dom.ts";
import { figures } from "./tiles.ts";
import { workerCards } from "./worker_cards.ts";

/** Names of tasks that are shown, those that ran most first. */
const maxShown = 24;

const charts: readonly Chart<TaskSample>[] = [
  {
    title: "Tasks",
    least: 1,
    show: countText,
    lines: { waiting: ({ waiting }) => waiting, running: ({ running }) => running },
  },
  { title: "Attempts/s", least: 1, show: countText, lines: { "": ({ rate }) => rate } },
  {
    title: "Duration",
    least: 0.1,
    show: latencyText,
    lines: { p50: ({ p50 }) => p50, p99: ({ p99 }) => p99 },
  },
  {
    title: "Task workers",
    least: 1,
    show: countText,
    lines: { ready: ({ ready }) => ready, target: ({ target }) => target },
  },
];

type Tasks = NonNullable<Status["tasks"]>;

export class TaskPanel {
  readonly #draw = makeCharts(byId("task-charts"), charts);
  readonly #workers = workerCards(byId("task-workers"), "task");
  readonly #dead = new DeadTasks();
  #samples: readonly TaskSample[] = [];
  #isPaused = false;

  constructor() {
    byId("pause").addEventListener(
      "click",
      () => void command(this.#isPaused ? "tasks/resume" : "tasks/pause", {}, "pause"),
    );
  }

  show(before: Status | null, now: Status): void {
    const { tasks } = now;
    byId("tasks").hidden = tasks === null;
    const sample = taskSampleOf(before, now);
    if (tasks === null || sample === null) return;
    this.#samples = keep(this.#samples, sample);
    this.#draw(this.#samples, chartSpan);
    this.#isPaused = tasks.store?.isPaused === true;
    byId("pause").textContent = this.#isPaused ? "Resume" : "Pause";
    const problem = byId("task-problem");
    problem.hidden = tasks.problem === null && !this.#isPaused;
    problem.textContent = tasks.problem === null ? "no worker takes tasks: they are paused" : tasks.problem;
    byId("backlog").textContent = backlogText(tasks);
    byId("task-names").replaceChildren(...nameCards(tasks.totals));
    const earlier = before === null || before.tasks === null
      ? null
      : { ...before, workers: before.tasks.workers };
    this.#workers.show(tasks.workers.map((worker) => ({
      worker,
      rate: workerRate(earlier, now, worker),
      errors: null,
    })));
    this.#dead.show(tasks);
  }
}

function backlogText({ store }: Tasks): string {
  if (store === null) return "unknown";
  const { waiting, running, delayed, dead, done, oldest } = store;
  const wait = waiting === 0 ? "" : ` (the oldest for ${durationText(oldest)})`;
  return [
    `${countText(waiting)} waiting${wait}`,
    `${countText(running)} running`,
    `${countText(delayed)} delayed`,
    `${countText(dead)} dead`,
    `${countText(done)} done`,
  ].join(" · ");
}

function nameCards(totals: readonly TaskTotals[]): PageElement[] {
  const shown = totals.toSorted((a, b) => b.started - a.started).slice(0, maxShown);
  const cards = shown.map(({ name, started, done, retried, dead, rate, p50, p99 }) =>
    element(
      "article",
      "card",
      element("h3", "", name),
      figures([
        ...[["started", countText(started)], ["done", countText(done)]] as const,
        ...[["retried", countText(retried)], ["dead", countText(dead)]] as const,
        ...[["rate/s", countText(rate)], ["", ""], ["p50", latencyText(p50)], [
          "p99",
          latencyText(p99),
        ]] as const,
      ]),
    )
  );
  const more = totals.length - shown.length;
  return more === 0 ? cards : [...cards, element("p", "dim", `and ${more} more`)];
}
