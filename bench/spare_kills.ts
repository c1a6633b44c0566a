/**
 * `kill -9` of the only serving worker once a second for a minute, while a client opens a connection every 5 ms: with a
 * spare worker, without one, and Gunicorn for comparison. Counts refused and cut connections, and how long after the kill
 * a request was served again. `--short` does a tenth. As root it runs in its own network namespace with
 * `tcp_migrate_req=0`; the environment variable MIGRATE=1 sets it to 1.
 */

import { findGunicorn } from "./loss/find_gunicorn.ts";
import { Denicorn } from "./loss/subjects/denicorn.ts";
import { Gunicorn } from "./loss/subjects/gunicorn.ts";
import { enterNamespace } from "./support/namespace.ts";
import { binary, fromSource, median } from "./support/program.ts";
import { outcomesOf, type Visit, Visitors } from "./support/visitors.ts";

const kills = Deno.args.includes("--short") ? 6 : 60;
const interval = 1_000;

interface Victims {
  readonly port: number;
  ready(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  /** The process id of the worker that serves. */
  serving(): Promise<number>;
}

function denicorn(command: readonly string[], args: readonly string[]): Victims {
  const subject = new Denicorn({ command, workers: 1, args });
  const serving = () =>
    subject.processes.until("a serving worker", async () => {
      const status = await subject.status();
      return status?.workers.find(({ state }) => state === "ready")?.pid;
    });
  return {
    port: subject.port,
    ready: async () => {
      await subject.processes.until("all workers", () => subject.processes.find(/ready on http/));
    },
    stop: () => subject.stop(),
    destroy: () => subject.destroy(),
    serving,
  };
}

function gunicorn(program: string): Victims {
  const subject = new Gunicorn(program, { workers: 1 });
  return {
    port: subject.port,
    ready: () => subject.ready(),
    stop: () => subject.stop(),
    destroy: () => subject.destroy(),
    serving: async () => {
      for (;;) {
        const [pid] = await subject.workerPids();
        if (pid !== undefined) return pid;
      }
    },
  };
}

/** Milliseconds from each kill to the first response to a visit that began after it. */
function gaps(times: readonly number[], visits: readonly Visit[]): number[] {
  return times.map((time) =>
    Math.min(
      ...visits.filter(({ began, outcome }) => began >= time && outcome === "answered")
        .map(({ began, took }) => began + took - time),
    )
  );
}

async function measure(name: string, victims: Victims): Promise<void> {
  try {
    await victims.ready();
    const visitors = new Visitors(victims.port);
    await visitors.more(200);
    const times: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const began = performance.now();
      const pid = await victims.serving();
      times.push(performance.timeOrigin + performance.now());
      Deno.kill(pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, interval - (performance.now() - began)));
    }
    const visits = await visitors.stop();
    const { answered, refused, cut } = outcomesOf(visits);
    const waits = gaps(times, visits);
    const longest = Math.max(...visits.map(({ took }) => took));
    console.log(
      `${name.padEnd(34)} ${kills} kills, ${visits.length} visits: ${refused} refused, ${cut} cut ` +
        `(${(cut / kills).toFixed(1)} a kill); served again after ${median(waits).toFixed(0)} ms ` +
        `(at most ${Math.max(...waits).toFixed(0)}); the longest visit took ${longest.toFixed(0)} ms`,
    );
    console.log(
      JSON.stringify({
        ...{ bench: "spare-kills", name, kills, answered, refused, cut, longest: Math.round(longest) },
        servedAgainMedian: Math.round(median(waits)),
        servedAgainMax: Math.round(Math.max(...waits)),
      }),
    );
    await victims.stop();
  } finally {
    await victims.destroy();
  }
}

await enterNamespace(new URL(import.meta.url), { tcp_migrate_req: Deno.env.get("MIGRATE") ?? "0" });

const folder = Deno.makeTempDirSync({ prefix: "spare-kills-" });
const found = await findGunicorn(folder);
await measure("binary, one spare", denicorn(binary, ["--spare-workers", "1"]));
await measure("source, one spare", denicorn(fromSource, ["--spare-workers", "1"]));
await measure("binary, no spare", denicorn(binary, []));
if ("program" in found) await measure("gunicorn", gunicorn(found.program));
else console.log(found.missing);
Deno.removeSync(folder, { recursive: true });
