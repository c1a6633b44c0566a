/** One run: a server under light load is disturbed until the time is over; then it is stopped and everything judged. */

import { seeded } from "../../tests/simulation/random.ts";
import { Load, pause } from "../loss/client/load.ts";
import { attribute, type Incident } from "./attribution.ts";
import { choose, disturbances, type Ground } from "./disturbances.ts";
import { memoryOf, openFilesOf } from "./sockets.ts";
import { Supervised } from "./supervised.ts";

export interface ChaosOptions {
  readonly command: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  /** Only disturbances whose name contains one of these words; all, if there are none. */
  readonly only: readonly string[];
}

export interface ChaosResult {
  readonly requests: number;
  readonly seconds: number;
  /** How often each disturbance was performed. */
  readonly performed: Readonly<Record<string, number>>;
  /** Failed requests that a killed process explains: how many incidents of each kind, and their failures. */
  readonly attributed: Readonly<Record<string, readonly [incidents: number, failures: number]>>;
  /** The largest growth of a master between two moments of rest. */
  readonly growth: { readonly files: number; readonly memory: number };
  /** Why the run has failed; empty if it has not. */
  readonly problems: readonly string[];
  /** If the run has failed: what the server logged around the first unexplained failure, and at its end. */
  readonly log: string;
}

const workers = 3;
const timeout = 4_000;
const serverArgs = ["--timeout", `${timeout}ms`, "--graceful-timeout", "5s", "--max-memory", "150M"];

/** Open files and megabytes by which a master may grow. For a second after an upgrade it has the old listeners, too. */
const allowedGrowth = { files: 12, memory: 64 };

/** 50 new connections a second, four kept connections, and four slow requests in flight. */
const loads = [
  { path: "/", every: 20 },
  { path: "/", mode: "keep-alive", connections: 4, rest: 20 },
  { path: "/slow", mode: "keep-alive", connections: 4, rest: 20 },
] as const;

export async function runChaos({ command, seconds, seed, only }: ChaosOptions): Promise<ChaosResult> {
  const server = new Supervised(command, workers, seed % 2, serverArgs);
  const random = seeded(seed);
  const ground: Ground = { server, random, workers, timeout };
  const chosen = disturbances.filter(({ name }) =>
    only.length === 0 || only.some((word) => name.includes(word))
  );
  const growth = new Growth(server);
  const incidents: Incident[] = [];
  const history: { readonly at: number; readonly name: string }[] = [];
  const problems: string[] = [];
  const background = new Set<Promise<unknown>>();
  let running: readonly Load[] = [];
  try {
    await server.settled();
    const atMost = (seconds + 120) * 1_000;
    running = loads.map((options) => new Load({ port: server.port, atMost, ...options }));
    await Promise.all(running.map((load) => load.made(50)));
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      const { name, isAlone, run } = choose(chosen, random());
      if (isAlone) {
        await Promise.all(background);
        await server.settled();
        growth.look();
      }
      history.push({ at: Date.now(), name });
      const done = run(ground).then((incident) => {
        if (incident !== undefined) incidents.push(incident);
      });
      if (isAlone) await done;
      else {
        background.add(done);
        void done.finally(() => background.delete(done));
      }
      await pause(random() * 600);
    }
    await Promise.all(background);
    await server.settled();
    await server.processes.until("a master with as few open files as before", () => growth.look());
  } catch (error) {
    problems.push(firstLine(error));
  }
  const results = await Promise.all(running.map((load) => load.stop()));
  const { lines } = server.processes;
  try {
    if (problems.length === 0) problems.push(...(await server.stop()).map((what) => `left behind: ${what}`));
  } catch (error) {
    problems.push(firstLine(error));
  } finally {
    await server.processes.destroy();
  }

  const failures = results.flatMap(({ samples }) => samples);
  const { counts, unexplained } = attribute(failures, incidents);
  problems.push(
    ...unexplained.slice(0, 10).map(({ at, began, kind, detail }) => {
      const before = history.filter((past) => past.at <= at && past.at > began - 5_000).reverse();
      const done = before.map((past) => `${past.name} ${at - past.at} ms`).join(", ");
      return `lost without a reason: ${kind} (${detail}) after ${at - began} ms, ` +
        `${new Date(at).toISOString()}; before it: ${done || "nothing"}`;
    }),
    ...unexplained.length > 10 ? [`${unexplained.length} lost without a reason in all`] : [],
    ...growth.problems(),
    ...results.flatMap(({ outOfTime }) => outOfTime ? ["a client ran out of time"] : []),
  );
  return {
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    seconds,
    performed: Object.fromEntries(
      chosen.map(({ name }) => [name, history.filter((past) => past.name === name).length]),
    ),
    attributed: summary(incidents, counts),
    growth: growth.largest,
    problems,
    log: problems.length === 0 ? "" : around(lines.map(({ text }) => text), unexplained[0]?.at),
  };
}

/** Log lines begin with the time. What the runtime prints when it fails does not: it has the time of the line before it. */
function around(lines: readonly string[], at: number | undefined): string {
  const end = lines.slice(-40);
  if (at === undefined) return end.join("\n");
  const [from, to] = [at - 12_000, at + 500].map((time) => new Date(time).toISOString());
  let time = "";
  const near = lines.filter((line) => {
    if (/^\d{4}-\d\d-\d\dT/.test(line)) time = line;
    return time >= from! && time <= to!;
  });
  return [...near, "…", ...end].join("\n");
}

/** The lines after it are the log. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}

/** Groups incidents by what happened, without process ids. */
function summary(incidents: readonly Incident[], counts: readonly number[]) {
  const groups: Record<string, [number, number]> = {};
  for (const [index, { what }] of incidents.entries()) {
    const group = groups[what.replace(/ \d+/, "")] ??= [0, 0];
    group[0]++;
    group[1] += counts[index]!;
  }
  return groups;
}

/** Compares each master with itself at its first moment of rest with the same number of workers. */
class Growth {
  readonly #first = new Map<string, { readonly files: number; readonly memory: number }>();
  readonly largest = { files: 0, memory: 0 };

  constructor(readonly server: Supervised) {}

  /** Returns false while the master has more files open than at its first moment of rest. */
  look(): boolean {
    const { master } = this.server;
    if (master === undefined) return false;
    const now = { files: openFilesOf(master), memory: memoryOf(master) };
    const key = `${master} ${this.server.processes.running().length}`;
    const first = this.#first.get(key);
    if (first === undefined) {
      this.#first.set(key, now);
      return true;
    }
    this.largest.files = Math.max(this.largest.files, now.files - first.files);
    this.largest.memory = Math.max(this.largest.memory, now.memory - first.memory);
    return now.files <= first.files;
  }

  problems(): string[] {
    const { files, memory } = this.largest;
    return [
      ...files > allowedGrowth.files ? [`the master opened ${files} more files`] : [],
      ...memory > allowedGrowth.memory ? [`the master grew by ${memory} MB`] : [],
    ];
  }
}
