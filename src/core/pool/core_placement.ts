/** Which worker runs on which core, if each is to have one. */

export interface PlacedWorker<Worker> {
  readonly worker: Worker;
  /** `null` if it has none yet. */
  readonly core: number | null;
  /** It serves and is to go on: a spare, or one that is about to be replaced, is not counted. */
  readonly isWorking: boolean;
}

/**
 * The workers that get another core, with that core. Each core has as many working ones as any other, or one more. Workers
 * keep their core where that allows it: what a core has in its caches is worth something.
 */
export function coreChanges<Worker>(
  cores: readonly number[],
  workers: readonly PlacedWorker<Worker>[],
): Map<Worker, number> {
  const changes = new Map<Worker, number>();
  const counted = new Map(cores.map((core): [number, Worker[]] => [core, []]));
  for (const { worker, core, isWorking } of workers) {
    if (isWorking && core !== null) counted.get(core)?.push(worker);
  }
  const emptiest = () => cores.reduce((found, core) => sizeOf(core) < sizeOf(found) ? core : found);
  const fullest = () => cores.reduce((found, core) => sizeOf(core) > sizeOf(found) ? core : found);
  const sizeOf = (core: number) => counted.get(core)!.length;
  const place = (worker: Worker, core: number) => {
    changes.set(worker, core);
    return core;
  };
  // Working ones first: they decide where there is space for the others.
  for (const { worker, core, isWorking } of workers) {
    if (isWorking && core === null) counted.get(place(worker, emptiest()))!.push(worker);
  }
  for (
    let from = fullest(), to = emptiest();
    sizeOf(from) - sizeOf(to) > 1;
    from = fullest(), to = emptiest()
  ) {
    counted.get(to)!.push(counted.get(from)!.pop()!);
    place(counted.get(to)!.at(-1)!, to);
  }
  const idle = new Map(cores.map((core) => [core, 0]));
  for (const { worker, core, isWorking } of workers) {
    if (isWorking || core !== null) continue;
    const free = cores.reduce((found, core) =>
      sizeOf(core) + idle.get(core)! < sizeOf(found) + idle.get(found)! ? core : found
    );
    idle.set(place(worker, free), idle.get(free)! + 1);
  }
  return changes;
}
