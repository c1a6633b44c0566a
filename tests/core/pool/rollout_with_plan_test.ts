/** A complete rollout, decided by `plan` and `stepRollout` together. */

import fc from "fast-check";
import type { Member } from "../../../src/core/pool/goal.ts";
import { plan, type PoolAction } from "../../../src/core/pool/plan.ts";
import {
  candidateOf,
  type Rollout,
  type RolloutEvent,
  servingOf,
  stepRollout,
} from "../../../src/core/transitions/rollout.ts";
import { assert, assertEquals } from "../../assert.ts";

class SimulatedRollout {
  members: Member[] = [];
  rollout: Rollout = { is: "idle", serving: 1, last: 1 };
  target: number;
  readonly surge: number;

  constructor(target: number, surge: number) {
    this.target = target;
    this.surge = surge;
    this.reconcile();
    this.members = this.members.map((member) => ({ ...member, is: "ready" }));
  }

  get wanted(): number {
    return this.members.filter(({ is }) => is !== "leaving").length;
  }

  get ready(): number {
    return this.members.filter(({ is }) => is === "ready").length;
  }

  /** Lets one event happen, to the worker that `pick` chooses. */
  happen(type: string, pick: number): void {
    const choose = (is: readonly Member["is"][]) => {
      const candidates = this.members.filter((member) => is.includes(member.is));
      return candidates[pick % Math.max(1, candidates.length)];
    };
    const replace = (old: Member, changed: Member | null) =>
      this.members = this.members.flatMap((m) => m !== old ? [m] : changed === null ? [] : [changed]);
    switch (type) {
      case "reload":
        this.step({ type });
        break;
      case "built":
      case "build-failed":
        if (this.rollout.is === "building") this.step({ type, generation: this.rollout.next });
        break;
      case "boots": {
        const chosen = choose(["booting"]);
        if (chosen === undefined) break;
        replace(chosen, { ...chosen, is: "ready" });
        this.step({ type: "canary-ready", generation: chosen.generation });
        break;
      }
      case "fails": {
        const chosen = choose(["booting"]);
        if (chosen === undefined) break;
        replace(chosen, null);
        if (chosen.generation === candidateOf(this.rollout)) {
          this.step({ type: "boot-failed", generation: chosen.generation });
        }
        break;
      }
      case "gone":
      case "dies": {
        const chosen = choose([type === "gone" ? "leaving" : "ready"]);
        if (chosen !== undefined) replace(chosen, null);
        break;
      }
    }
    this.reconcile();
  }

  step(event: RolloutEvent): void {
    const { rollout, actions } = stepRollout(this.rollout, event);
    this.rollout = rollout;
    for (const { type, generation } of actions) {
      if (type !== "abandon") continue;
      this.members = this.members.map((member) =>
        member.generation === generation && member.is === "booting" ? { ...member, is: "leaving" } : member
      );
    }
  }

  reconcile(): void {
    const { wanted, ready } = this;
    const serving = servingOf(this.rollout);
    const actions = plan(this.members, {
      target: this.target,
      spares: 0,
      serving,
      canary: this.rollout.is === "canary" ? this.rollout.next : null,
      isRevival: false,
      paused: this.rollout.is === "building" && this.rollout.paused,
      surge: this.surge,
      maySpawn: true,
    });
    this.#perform(actions);
    assert(this.wanted <= Math.max(wanted, this.target + this.surge), "at most target + surge");
    assert(this.ready >= Math.min(ready, this.target), "no needed worker is drained");
    assertEquals(new Set(this.members.map(({ slot }) => slot)).size, this.members.length, "slots are unique");
    const current = this.members.filter(({ is }) => is !== "leaving");
    const isDone = current.length === this.target &&
      current.every(({ is, generation }) => is === "ready" && generation === serving);
    if (isDone) this.step({ type: "replaced", generation: serving });
  }

  #perform(actions: readonly PoolAction[]): void {
    for (const action of actions) {
      if (action.type === "spawn") {
        this.members.push({
          slot: action.slot,
          generation: action.generation,
          is: "booting",
          dueForRecycling: false,
        });
      } else {
        this.members = this.members.map((m) => m.slot === action.slot ? { ...m, is: "leaving" } : m);
      }
    }
  }

  /** Everything is built, boots and drains, until nothing is left to do. */
  finish(): void {
    for (let round = 0; round < 80; round++) {
      ["built", "boots", "gone"].forEach((type) => this.happen(type, 0));
    }
  }
}

const numbers = { target: fc.integer({ min: 1, max: 6 }), surge: fc.integer({ min: 1, max: 4 }) };
const history = (...types: string[]) =>
  fc.array(fc.record({ type: fc.constantFrom(...types), pick: fc.nat(20) }), { maxLength: 80 });
const ordinary = ["reload", "built", "build-failed", "boots", "boots", "boots", "fails", "gone", "gone"];

Deno.test("property: without deaths a rollout always keeps the target ready, with any failures to boot", () => {
  fc.assert(
    fc.property(numbers.target, numbers.surge, history(...ordinary), (target, surge, events) => {
      const simulated = new SimulatedRollout(target, surge);
      for (const { type, pick } of events) {
        simulated.happen(type, pick);
        assert(simulated.ready >= target, `${simulated.ready} of ${target} ready after ${type}`);
        assert(simulated.wanted <= target + surge, `${simulated.wanted} wanted after ${type}`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: with deaths and changes of the target every rollout still ends at the target", () => {
  const events = fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.record({ type: fc.constantFrom(...ordinary, "dies"), pick: fc.nat(20) }) },
      {
        weight: 1,
        arbitrary: fc.record({ type: fc.constant("target"), pick: fc.integer({ min: 1, max: 6 }) }),
      },
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(numbers.target, numbers.surge, events, (target, surge, events) => {
      const simulated = new SimulatedRollout(target, surge);
      for (const { type, pick } of events) {
        if (type === "target") simulated.target = pick;
        simulated.happen(type, pick);
      }
      simulated.finish();
      assertEquals(simulated.rollout.is, "idle");
      assertEquals(
        simulated.members.map(({ generation, is }) => [generation, is]),
        Array(simulated.target).fill([servingOf(simulated.rollout), "ready"]),
      );
    }),
    { numRuns: 500 },
  );
});
