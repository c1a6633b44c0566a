import fc from "fast-check";
import {
  chooseHolder,
  givenUp,
  handOverTime,
  holdsJob,
  noTerm,
  passed,
  type Term,
} from "../../../src/core/pool/job_holder.ts";
import { assert, assertEquals } from "../../assert.ts";

const minute = 60_000;

/** `slot.generation`, with a `*` for the holder. */
function chosen(workers: string, serving: number): string | undefined {
  const candidates = workers.split(" ").filter((name) => name !== "").map((name) => {
    const [slot = 0, generation = 0] = name.replace("*", "").split(".").map(Number);
    return { name, slot, generation, isHolder: name.endsWith("*") };
  });
  return chooseHolder(candidates, serving)?.name;
}

Deno.test("the lowest slot of the newest generation holds the jobs, and keeps them", () => {
  assertEquals(chosen("1.1 0.1", 1), "0.1");
  assertEquals(chosen("0.1 1.1*", 1), "1.1*");
  assertEquals(chosen("0.1* 1.1 2.2", 2), "2.2");
  assertEquals(chosen("0.1* 1.2 2.2", 1), "0.1*");
  assertEquals(chosen("0.1 1.2 2.2", 3), "1.2");
  assertEquals(chosen("", 1), undefined);
});

Deno.test("each job that is due has one worker to run it, however late that starts it", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 10 * minute }), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 12 }),
    fc.array(fc.integer({ min: 0, max: minute - 1 }), { minLength: 6, maxLength: 6 }),
    (steps, due, delays) => {
      let at = 0;
      const terms: Term[] = [passed(noTerm, true, at)];
      for (const step of steps) {
        at += step;
        terms.push(passed(terms.pop()!, false, at), passed(noTerm, true, at));
      }
      const running = terms.filter((term, index) => holdsJob(term, due * minute + delays[index]!, minute));
      assertEquals(running.length, 1);
    },
  ));
});

Deno.test("a worker that finishes starts no more jobs, unless it was told until when", () => {
  const term = passed(noTerm, true, 0);
  assert(holdsJob(term, minute, minute));
  assert(!holdsJob(givenUp(term, minute - 1), minute, minute));
  assert(holdsJob(givenUp(passed(term, false, minute + handOverTime), minute - 1), minute, minute));
  assert(holdsJob(passed(givenUp(term, minute - 1), false, minute), minute, minute));
});

Deno.test("a worker that holds no jobs runs none", () => {
  assert(!holdsJob(noTerm, minute, minute));
  assert(!holdsJob(passed(noTerm, false, 5), minute, minute));
});
