import type { LifecycleEvent } from "../../../src/core/telemetry/lifecycle.ts";
import { transitionAfter, type TransitionStatus } from "../../../src/core/telemetry/transition_status.ts";
import { transitionText } from "../../../src/core/telemetry/transition_text.ts";
import { assertEquals } from "../../assert.ts";
import { calmStatus, readyWorker } from "../../fakes/status.ts";

const event = (kind: LifecycleEvent["kind"], rest: Partial<LifecycleEvent> = {}): LifecycleEvent => ({
  ...{ id: 1, at: 1_000, kind, text: `${kind} in words` },
  ...rest,
});
const after = (...events: readonly LifecycleEvent[]) =>
  events.reduce<TransitionStatus | null>(transitionAfter, null);
const error = { code: "app-syntax", exitCode: 2, message: "no", detail: "10 | const a b" } as const;

Deno.test("a failure stays until the next transition begins, whatever else happens", () => {
  const failed = after(event("reload-began"), event("reload-failed", { at: 2_000, error }));
  assertEquals(failed, {
    ...{ what: "reload", outcome: "failed", at: 2_000, text: "reload-failed in words" },
    detail: "10 | const a b",
  });
  assertEquals(
    [event("worker-died"), event("scaled"), event("complete")].reduce(transitionAfter, failed),
    failed,
  );
  assertEquals(transitionAfter(failed, event("upgrade-began"))?.outcome, "running");
  assertEquals(after(event("complete")), null);
});

Deno.test("a reload that runs is counted, a failure has its reason, and the end needs no words", () => {
  const text = (kind: LifecycleEvent["kind"], generations: readonly number[]) =>
    transitionText({
      ...{ ...calmStatus, target: 4, transition: after(event(kind)) },
      workers: generations.map((generation, slot) => ({ ...readyWorker, slot, generation })),
    });
  assertEquals(text("reload-began", [1, 1, 1, 1]), "reload-began in words");
  assertEquals(text("reload-began", [1, 2, 1, 2]), "reloading: 2 of 4 workers are of generation 2");
  assertEquals(text("reload-failed", [1, 2, 1, 1]), "reload-failed in words");
  assertEquals(text("reload-complete", [2, 2, 2, 2]), null);
  assertEquals(transitionText(calmStatus), null);
});

Deno.test("a worker of the new generation counts when it is ready", () => {
  const workers = [readyWorker, { ...readyWorker, slot: 1, generation: 2, state: "booting" as const }];
  const status = { ...calmStatus, target: 1, transition: after(event("reload-began")), workers };
  assertEquals(transitionText(status), "reloading: 0 of 1 workers are of generation 2");
});
