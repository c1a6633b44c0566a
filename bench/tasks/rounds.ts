/** Interleaved rounds, as other programs change how fast a machine is; a subject that fails does not end the others. */

import { messageOf } from "../../src/core/thrown.ts";

export interface Outcome<Measured> {
  /** One for each round, until it failed. */
  readonly measured: readonly Measured[];
  /** Why it was measured no more; one line, or `null`. */
  readonly failure: string | null;
}

/** What became of each subject, by its name. */
export async function interleaved<Subject extends { readonly name: string }, Measured>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Measured>,
): Promise<ReadonlyMap<string, Outcome<Measured>>> {
  const outcomes = new Map<string, Outcome<Measured>>();
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const { measured, failure } = outcomes.get(subject.name) ?? { measured: [], failure: null };
      if (failure !== null) continue;
      outcomes.set(subject.name, await outcomeOf(measured, () => measure(subject)));
    }
  }
  return outcomes;
}

async function outcomeOf<Measured>(
  before: readonly Measured[],
  measure: () => Promise<Measured>,
): Promise<Outcome<Measured>> {
  try {
    return { measured: [...before, await measure()], failure: null };
  } catch (error) {
    return { measured: before, failure: messageOf(error).split("\n", 1)[0] ?? "" };
  }
}
