/** Runs one cell, from the start of its server to its stop. */

import type { Cell } from "./cells.ts";
import { pause } from "./client/load.ts";
import { runKills } from "./kills.ts";
import { runOperations } from "./run_operations.ts";
import { type CellResult, measured } from "./result.ts";
import { runStalls } from "./stalls.ts";
import { Denicorn } from "./subjects/denicorn.ts";
import { Gunicorn } from "./subjects/gunicorn.ts";
import { DenoServe } from "./subjects/deno_serve.ts";
import { NotSupported, type Subject } from "./subjects/subject.ts";

export interface Environment {
  /** How Denicorn is run. */
  readonly command: readonly string[];
  /** Gunicorn's executable, or why there is none. */
  readonly gunicorn: { readonly program: string } | { readonly missing: string };
  /** A tenth of everything. */
  readonly short: boolean;
}

export async function runCell(cell: Cell, environment: Environment): Promise<CellResult> {
  if (cell.server === "gunicorn" && "missing" in environment.gunicorn) {
    return { outcome: "skipped", reason: environment.gunicorn.missing };
  }
  let subject: Subject | undefined;
  try {
    if (cell.kind === "kill" || cell.kind === "stall") {
      const denicorn = startDenicorn(cell, environment);
      subject = denicorn;
      await denicorn.ready();
      const run = cell.kind === "kill" ? runKills : runStalls;
      const result = await run(denicorn, environment.short);
      await denicorn.stop();
      return result;
    }
    subject = start(cell, environment);
    await subject.ready();
    const result = await underOperations(cell, subject, environment.short);
    await subject.stop();
    return withLog(result, subject);
  } catch (error) {
    if (error instanceof NotSupported) return { outcome: "not supported", reason: error.message };
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    return { outcome: "broken", reason: `${text}\n${subject?.log() ?? ""}` };
  } finally {
    await subject?.destroy();
  }
}

/** Adds the log of the server if requests were lost. */
function withLog(result: CellResult, subject: Subject): CellResult {
  if (result.outcome !== "measured" || result.lost === 0) return result;
  return { ...result, problems: [...result.problems, `its log: ${subject.log()}`] };
}

function start(cell: Cell, environment: Environment): Subject {
  if (cell.server === "deno-serve") return new DenoServe();
  const { gunicorn } = environment;
  if (cell.server === "gunicorn" && "program" in gunicorn) return new Gunicorn(gunicorn.program, cell);
  return startDenicorn(cell, environment);
}

function startDenicorn({ kind, args }: Cell, { command }: Environment): Denicorn {
  const workers = kind === "kill" || kind === "stall" ? 4 : 2;
  return new Denicorn({ command, workers, args });
}

async function underOperations(cell: Cell, subject: Subject, short: boolean): Promise<CellResult> {
  const operations = operationsOf(cell, subject, short);
  const { load, operations: done, longest } = await runOperations(subject, {
    mode: cell.mode,
    operations,
    requests: short ? 4_000 : 50_000,
    seconds: short ? 1 : 5,
  });
  const recycled = cell.kind === "max-requests" ? subject.recycled?.() ?? 0 : undefined;
  return measured(load, {
    operations: done,
    planned: operations.length,
    figures: {
      ...operations.length > 0 && { longest },
      ...recycled !== undefined && { recycled },
    },
  });
}

function operationsOf({ kind, server }: Cell, subject: Subject, short: boolean): (() => Promise<void>)[] {
  const named = (name: "reload" | "addWorker" | "removeWorker" | "upgrade") => async () => {
    if (subject[name] === undefined) throw new NotSupported(`${server} has no ${name}`);
    await subject[name]();
  };
  const times = (count: number, ...names: Parameters<typeof named>[0][]) =>
    Array.from({ length: count }, () => names.map(named)).flat();
  if (kind === "hup") return times(short ? 3 : 10, "reload");
  if (kind === "scale") return times(short ? 2 : 10, "addWorker", "removeWorker");
  if (kind === "usr2") return times(short ? 2 : 3, "upgrade");
  return kind === "max-requests" ? [() => untilRecycled(subject)] : [];
}

/** All requests of a short run may be made before the first replacement has started. */
async function untilRecycled(subject: Subject): Promise<void> {
  const end = performance.now() + recyclingTimeout;
  while (subject.recycled?.() === 0) {
    if (performance.now() > end) {
      throw new Error(`no worker was recycled within ${recyclingTimeout} ms\n${subject.log()}`);
    }
    await pause(20);
  }
}

const recyclingTimeout = 60_000;
