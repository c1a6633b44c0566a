import type { LifecycleEvent, LifecycleKind } from "../../../core/telemetry/lifecycle.ts";
import type { Status } from "../../../core/telemetry/status.ts";
import { clockText, durationText, memoryText, shareText } from "../display_text.ts";
import { byId, document, element, type PageElement, write } from "./dom.ts";
import { KeptList } from "./kept_list.ts";

/** Events shown, newest first. */
const maxShown = 25;

const eventRows = new KeptList<LifecycleEvent>(
  byId("events"),
  ({ id, at }) => `${id} ${at}`,
  (event) => ({ root: eventRow(event), update: () => {} }),
);

/** Shows what the server is, and its events. */
export function showStatus(now: Status): void {
  const { app, addresses, generation, target, version, runtime, pid, at, startedAt, master } = now;
  document.title = `${app} – Denicorn`;
  write(byId("app"), app);
  write(
    byId("about"),
    [
      addresses.join(", "),
      `generation ${generation}`,
      `target ${target}`,
      `up ${durationText(at - startedAt)}`,
      `master ${pid}: cpu ${shareText(master.cpu)}, ${memoryText(master.memory)}`,
      `denicorn ${version} (${runtime})`,
    ].join(" · "),
  );
  byId("no-events").hidden = now.events.length > 0;
  eventRows.show(now.events.slice(-maxShown).reverse());
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

function eventRow({ at, kind, text, worker }: LifecycleEvent): PageElement {
  return element(
    "li",
    "",
    element("span", "dim", clockText(at, new Date(at).getTimezoneOffset())),
    element("span", alarming.has(kind) ? "bad" : "", kind),
    element("span", "", worker === undefined ? text : `worker ${worker}: ${text}`),
  );
}
