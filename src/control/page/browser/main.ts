/** The script of the page. It is bundled into `../client_bundle.ts` by `make docs`. */

import type { Status } from "../../../core/telemetry/status.ts";
import { keep, type Sample, sampleOf } from "../samples.ts";
import { loadCharts, makeCharts } from "./charts.ts";
import { type Connection, StatusStream } from "./connection.ts";
import { askForToken, connectControls, credentials } from "./controls.ts";
import { byId, document } from "./dom.ts";
import { TaskPanel } from "./tasks.ts";
import { showStatus } from "./tiles.ts";

const moods = { live: "good", lost: "bad", refused: "warn" } as const;
const words = { live: "live", lost: "no answer: trying again", refused: "token needed" } as const;

let before: Status | null = null;
let samples: readonly Sample[] = [];
const drawCharts = makeCharts(byId("charts"), loadCharts);
const taskPanel = new TaskPanel();

function showNext(now: Status): void {
  samples = keep(samples, sampleOf(before, now));
  drawCharts(samples);
  showStatus(before, now);
  taskPanel.show(before, now);
  before = now;
}

function showConnection(connection: Connection): void {
  const badge = byId("connection");
  // If it were set every second, a screen reader would read it out every second.
  if (badge.textContent !== words[connection]) badge.textContent = words[connection];
  badge.className = `badge ${moods[connection]}`;
  document.body.classList.toggle("lost", connection !== "live");
  if (connection === "refused") askForToken();
}

const stream = new StatusStream(credentials, showNext, showConnection);
connectControls(() => void stream.open());
void stream.open();
