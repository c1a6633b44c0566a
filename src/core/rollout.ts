/**
 * Where the server stands between two generations:
 *
 *     settled ──reload──▶ building ──built──▶ canary ──ready──▶ settled (on the new one)
 *        ▲                    │                  │
 *        └────── failed ──────┴───── failed ─────┘   (on the old one)
 *
 * The very first generation has no old one to fall back to and no canary: all its workers start at once.
 */

export type Rollout =
  /** `last` is the highest number given so far: a failed generation does not lend its number to the next. */
  | { readonly is: "settled"; readonly serving: number; readonly last: number }
  | {
    readonly is: "building";
    readonly serving: number;
    readonly next: number;
    /** A reload asked for while one was being built: what is built now is already out of date. */
    readonly again: boolean;
  }
  | { readonly is: "canary"; readonly serving: number; readonly next: number };

export type RolloutEvent =
  | { readonly type: "reload" }
  | { readonly type: "built"; readonly generation: number }
  | { readonly type: "build-failed"; readonly generation: number }
  | { readonly type: "canary-ready"; readonly generation: number }
  | { readonly type: "canary-failed"; readonly generation: number };

export type RolloutAction =
  | { readonly type: "build"; readonly generation: number }
  /** Its workers replace the others from now on. */
  | { readonly type: "promote"; readonly generation: number }
  /** Its workers are not wanted any more. */
  | { readonly type: "abandon"; readonly generation: number };

export interface RolloutStep {
  readonly rollout: Rollout;
  readonly actions: readonly RolloutAction[];
}

/** Events about a generation that is not the one under way change nothing: they come from an abandoned one. */
export function stepRollout(rollout: Rollout, event: RolloutEvent): RolloutStep {
  const stay: RolloutStep = { rollout, actions: [] };
  if (event.type === "reload") {
    switch (rollout.is) {
      case "settled":
        return build(rollout.serving, rollout.last + 1);
      case "building":
        return { rollout: { ...rollout, again: true }, actions: [] };
      case "canary": {
        const step = build(rollout.serving, rollout.next + 1);
        return { ...step, actions: [{ type: "abandon", generation: rollout.next }, ...step.actions] };
      }
    }
  }

  if (rollout.is === "settled" || event.generation !== rollout.next) return stay;
  const fallBack: Rollout = { is: "settled", serving: rollout.serving, last: rollout.next };
  switch (event.type) {
    case "built":
      if (rollout.is !== "building") return stay;
      if (rollout.again) return build(rollout.serving, rollout.next + 1);
      return { rollout: { is: "canary", serving: rollout.serving, next: rollout.next }, actions: [] };
    case "build-failed":
      if (rollout.is !== "building") return stay;
      return rollout.again ? build(rollout.serving, rollout.next + 1) : { rollout: fallBack, actions: [] };
    case "canary-ready":
      if (rollout.is !== "canary") return stay;
      return {
        rollout: { is: "settled", serving: rollout.next, last: rollout.next },
        actions: [{ type: "promote", generation: rollout.next }],
      };
    case "canary-failed":
      if (rollout.is !== "canary") return stay;
      return { rollout: fallBack, actions: [{ type: "abandon", generation: rollout.next }] };
  }
}

function build(serving: number, next: number): RolloutStep {
  return {
    rollout: { is: "building", serving, next, again: false },
    actions: [{ type: "build", generation: next }],
  };
}
