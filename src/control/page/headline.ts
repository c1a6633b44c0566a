/** What an operator looks for first: how the server is, in a few words and figures. */

import { notReadyBecause } from "../../core/telemetry/server_readiness.ts";
import type { Status } from "../../core/telemetry/status.ts";
import { transitionText } from "../../core/telemetry/transition_text.ts";
import { workerCounts } from "../../core/telemetry/worker_counts.ts";
import { countText, latencyText } from "./display_text.ts";
import { deathsIn, type Sample } from "./samples.ts";

type Mood = "good" | "warn" | "bad" | "dim";

export interface Figure {
  readonly title: string;
  readonly value: string;
  readonly note: string;
  readonly mood: Mood;
}

/** Errors are a share of the requests of so many milliseconds. */
const recent = 60_000;

/** A share of errors from which on it is bad. */
const manyErrors = 0.01;

/** State, errors, requests and latency. */
export function headlineOf(now: Status, samples: readonly Sample[]): readonly Figure[] {
  const last = samples.at(-1) ?? null;
  const { inFlight, backlog } = now.totals;
  return [
    stateOf(now),
    errorsOf(now, samples),
    {
      ...{ title: "Requests/s", value: countText(last?.rate ?? null), mood: "dim" },
      note: `${countText(inFlight)} in flight` + (backlog === null ? "" : `, ${countText(backlog)} wait`),
    },
    {
      ...{ title: "Latency p99", value: latencyText(last?.p99 ?? null), mood: "dim" },
      note: `p50 ${latencyText(last?.p50 ?? null)}, p90 ${latencyText(last?.p90 ?? null)}`,
    },
  ];
}

function stateOf(now: Status): Figure {
  const { phase, workers } = now;
  const { ready, paused, wanted } = workerCounts(now);
  const blocked = workers.filter(({ isStalled }) => isStalled).length;
  const note = `${ready} of ${wanted} workers ready` + (paused === 0 ? "" : `, ${paused} paused`) +
    (blocked === 0 ? "" : `, ${blocked} blocked`);
  const figure = (value: string, mood: Mood, why = note): Figure => ({
    title: "State",
    value,
    note: why,
    mood,
  });
  const reason = notReadyBecause(now);
  if (phase === "starting" || phase === "stopping" || phase === "retiring") return figure(phase, "warn");
  if (reason !== null) return figure("not ready", "bad", reason);
  if (blocked > 0) return figure("blocked", "bad");
  if (phase !== "running") return figure(phase, "warn");
  return ready < wanted ? figure("degraded", "warn") : figure("serving", "good");
}

function errorsOf({ totals }: Status, samples: readonly Sample[]): Figure {
  const last = samples.at(-1);
  const late = samples.filter(({ at }) => last !== undefined && at > last.at - recent);
  const sum = (pick: (sample: Sample) => number | null) =>
    late.reduce((sum, sample) => sum + (pick(sample) ?? 0), 0);
  const requests = sum(({ rate }) => rate);
  const failed = sum(({ serverErrors, cutOff }) => (serverErrors ?? 0) + (cutOff ?? 0));
  const share = requests === 0 ? null : Math.min(1, failed / requests);
  const deaths = samples.reduce((sum, { deaths }) => sum + deaths, 0);
  return {
    ...{ title: "Errors, 1 min", value: share === null ? "–" : shareOf(share) },
    note: `workers died: ${deaths} in 15 min, ${deathsIn(totals)} in all`,
    mood: share !== null && share >= manyErrors ? "bad" : share || deaths > 0 ? "warn" : "good",
  };
}

/** Also a single error among many requests is not 0 %. */
function shareOf(share: number): string {
  if (share === 0) return "0 %";
  return share < 0.001 ? "< 0.1 %" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

interface Banner {
  /** Of what happened: one that was acknowledged is not shown again. */
  readonly key: string;
  readonly text: string;
  readonly detail: string | null;
  readonly mood: Mood;
  readonly canDismiss: boolean;
}

/** What an operator has to know at once; null if nothing. `goneSince` is a time in words. */
export function bannerOf(now: Status | null, goneSince: string | null): Banner | null {
  if (goneSince !== null) {
    const text = `server gone since ${goneSince}: what is shown is from then`;
    return { key: "gone", text, detail: null, mood: "bad", canDismiss: false };
  }
  const text = now === null ? null : transitionText(now);
  if (text === null || now?.transition == null) return null;
  const { at, detail, outcome } = now.transition;
  const hasFailed = outcome === "failed";
  return { key: `${now.pid} ${at}`, text, detail, mood: hasFailed ? "bad" : "warn", canDismiss: hasFailed };
}
