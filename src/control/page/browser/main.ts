/** The script of the page. It is bundled into `../client_bundle.ts` by `make docs`. */

import type { Status } from "../../../core/telemetry/status.ts";
import { clockText } from "../display_text.ts";
import { nearSpan, Timeline, timelineSpan } from "../timeline.ts";
import { Headline } from "./banner.ts";
import { loadCharts, makeCharts } from "./charts.ts";
import { type Connection, StatusStream } from "./connection.ts";
import { askForToken, connectControls, credentials, setAway, showProgress } from "./controls.ts";
import { byId, document, write } from "./dom.ts";
import { TaskPanel } from "./tasks.ts";
import { showStatus } from "./tiles.ts";
import { WorkerGrid } from "./worker_grid.ts";

const moods = { live: "good", lost: "bad", refused: "warn" } as const;
const words = { live: "live", lost: "no answer: trying again", refused: "token needed" } as const;

let before: Status | null = null;
/** When the server was there last, by the clock of this machine. */
let seenAt = Date.now();
let isLive = false;
let span = timelineSpan;
const timeline = new Timeline();
const drawCharts = makeCharts(byId("charts"), loadCharts);
const headline = new Headline();
const workerGrid = new WorkerGrid();
const taskPanel = new TaskPanel();

function showNext(now: Status): void {
  timeline.add(now);
  const { samples } = timeline;
  headline.show(now, samples);
  headline.warn(now, null);
  drawCharts(samples, span, now.events);
  showStatus(now);
  workerGrid.show(before, now);
  taskPanel.show(before, now);
  showProgress(now);
  before = now;
  seenAt = Date.now();
}

function showConnection(connection: Connection): void {
  const badge = byId("connection");
  write(badge, words[connection]);
  badge.className = `badge ${moods[connection]}`;
  if (connection === "live" && !isLive) void recall();
  isLive = connection === "live";
  setAway(!isLive);
  document.body.classList.toggle("lost", !isLive);
  if (connection === "lost") headline.warn(before, clockText(seenAt, new Date().getTimezoneOffset()));
  if (connection === "refused") askForToken();
}

/** Asks for what was before the page was opened, or while the server could not be reached. */
async function recall(): Promise<void> {
  try {
    const response = await fetch("history", { headers: credentials(), cache: "no-store" });
    if (response.ok) timeline.recall(await response.json());
  } catch {
    // The charts begin where the page does.
  }
}

byId("near").addEventListener("click", () => {
  span = span === nearSpan ? timelineSpan : nearSpan;
  byId("near").setAttribute("aria-pressed", String(span === nearSpan));
  drawCharts(timeline.samples, span, before?.events);
});
const stream = new StatusStream(credentials, showNext, showConnection);
connectControls(() => void stream.open());
void stream.open();
