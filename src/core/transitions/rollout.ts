/**
 * A rollout, from the stable generation to a candidate:
 *
 *     idle ──reload──▶ building ──built──▶ canary ──ready──▶ rolling ──replaced──▶ idle (serving the candidate)
 *      ▲                   │                  │                 │
 *      └────── failed ─────┴───── failed ─────┴──── failed ─────┘   (serving the stable generation)
 *
 * The server falls back to the stable generation until every worker of the candidate has become ready. A reload
 * requested during a rollout starts over: from the same stable generation, to the newest code.
 *
 * The very first generation has no stable one to fall back to and no canary: all its workers start at once.
 */

export type Rollout =
  /** `last` is the highest number used so far: the number of a failed generation is not used again. */
  | { readonly is: "idle"; readonly serving: number; readonly last: number }
  | {
    readonly is: "building";
    readonly serving: number;
    readonly next: number;
    /** Another reload was requested during the build, so the result is already out of date. */
    readonly again: boolean;
    /** A rollout was interrupted: workers of several generations serve, and none is replaced for now. */
    readonly paused: boolean;
  }
  | { readonly is: "canary"; readonly serving: number; readonly next: number }
  /** Workers of `to` replace all others. */
  | { readonly is: "rolling"; readonly from: number; readonly to: number };

export type RolloutEvent =
  | { readonly type: "reload" }
  | { readonly type: "built"; readonly generation: number }
  | { readonly type: "build-failed"; readonly generation: number }
  | { readonly type: "canary-ready"; readonly generation: number }
  /** A worker of the generation did not become ready. */
  | { readonly type: "boot-failed"; readonly generation: number }
  /** All workers of other generations have been replaced. */
  | { readonly type: "replaced"; readonly generation: number };

type RolloutAction =
  | { readonly type: "build"; readonly generation: number }
  /** Its build is out of date and need not come to its end. */
  | { readonly type: "cancel"; readonly generation: number }
  /** Its workers replace all others from now on. */
  | { readonly type: "promote"; readonly generation: number }
  /** Its workers are no longer wanted: those still booting can be killed at once. */
  | { readonly type: "abandon"; readonly generation: number };

interface RolloutStep {
  readonly rollout: Rollout;
  readonly actions: readonly RolloutAction[];
}

/** The generation of new workers other than a canary. */
export function servingOf(rollout: Rollout): number {
  return rollout.is === "rolling" ? rollout.to : rollout.serving;
}

/** The generation that serves if the rollout fails. */
export function stableOf(rollout: Rollout): number {
  return rollout.is === "rolling" ? rollout.from : rollout.serving;
}

/** The candidate: if a worker of it does not boot, the rollout fails. `null` before it is built. */
export function candidateOf(rollout: Rollout): number | null {
  switch (rollout.is) {
    case "canary":
      return rollout.next;
    case "rolling":
      return rollout.to;
    default:
      return null;
  }
}

/** True for a build whose end decides nothing: a newer reload was requested meanwhile. */
export function isOutOfDate(rollout: Rollout, generation: number): boolean {
  return rollout.is === "building" && rollout.again && rollout.next === generation;
}

/** True if workers of the generation may be started, even if it has none at the moment. */
export function isNeeded(rollout: Rollout, generation: number): boolean {
  const next = "next" in rollout ? rollout.next : null;
  return [servingOf(rollout), stableOf(rollout), next].includes(generation);
}

/** Events of a generation that is not the current candidate come from an abandoned one and are ignored. */
export function stepRollout(rollout: Rollout, event: RolloutEvent): RolloutStep {
  if (event.type === "reload") return reload(rollout);
  const stay: RolloutStep = { rollout, actions: [] };
  switch (rollout.is) {
    case "idle":
      return stay;
    case "building":
      return event.generation === rollout.next ? stepBuilding(rollout, event) : stay;
    case "canary": {
      const { serving, next } = rollout;
      if (event.generation !== next) return stay;
      if (event.type === "canary-ready") {
        return {
          rollout: { is: "rolling", from: serving, to: next },
          actions: [{ type: "promote", generation: next }],
        };
      }
      return event.type === "boot-failed" ? abandon(serving, next) : stay;
    }
    case "rolling": {
      const { from, to } = rollout;
      if (event.generation !== to) return stay;
      if (event.type === "replaced") {
        return { rollout: { is: "idle", serving: to, last: to }, actions: [] };
      }
      return event.type === "boot-failed" ? abandon(from, to) : stay;
    }
  }
}

type Building = Extract<Rollout, { is: "building" }>;

function reload(rollout: Rollout): RolloutStep {
  switch (rollout.is) {
    case "idle":
      return build(rollout.serving, rollout.last + 1, false);
    case "building":
      return {
        rollout: { ...rollout, again: true },
        actions: [{ type: "cancel", generation: rollout.next }],
      };
    case "canary":
      return startOver(rollout.serving, rollout.next);
    case "rolling":
      return startOver(rollout.from, rollout.to);
  }
}

function stepBuilding(rollout: Building, { type }: RolloutEvent): RolloutStep {
  const { serving, next, again, paused } = rollout;
  if (type !== "built" && type !== "build-failed") return { rollout, actions: [] };
  if (again) return build(serving, next + 1, paused);
  return {
    rollout: type === "built" ? { is: "canary", serving, next } : { is: "idle", serving, last: next },
    actions: [],
  };
}

function build(serving: number, next: number, paused: boolean): RolloutStep {
  return {
    rollout: { is: "building", serving, next, again: false, paused },
    actions: [{ type: "build", generation: next }],
  };
}

function startOver(serving: number, candidate: number): RolloutStep {
  const { rollout, actions } = build(serving, candidate + 1, true);
  return { rollout, actions: [{ type: "abandon", generation: candidate }, ...actions] };
}

function abandon(serving: number, candidate: number): RolloutStep {
  return {
    rollout: { is: "idle", serving, last: candidate },
    actions: [{ type: "abandon", generation: candidate }],
  };
}
