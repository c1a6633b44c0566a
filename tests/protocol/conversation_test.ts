import fc from "fast-check";
import { Conversation } from "../../src/protocol/conversation.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/messages.ts";
import { assert, assertEquals } from "../assert.ts";

const failure = { code: "internal", message: "it broke" } as const;

const fromMaster: Readonly<Record<string, ToWorker>> = {
  load: { type: "load", config: {} as never },
  listen: { type: "listen" },
  drain: { type: "drain", handedOver: true, isRestart: false },
  ask: { type: "task-request", number: 1, request: { do: "counts" } },
};
const fromWorker: Readonly<Record<string, FromWorker>> = {
  hello: { type: "hello", token: "", version: "" },
  loaded: { type: "loaded" },
  ready: { type: "ready", addresses: [] },
  closed: { type: "closed" },
  failed: { type: "failed", failure },
  draining: { type: "draining" },
  crashing: { type: "draining", failure },
  counters: { type: "counters", bytes: "" },
  answer: { type: "task-answer", number: 1, answer: "{}" },
};

/** The objections to the messages of the worker in `course`; those of the master are in capitals. */
function objections(course: string): (string | null)[] {
  const conversation = new Conversation();
  return course.split(" ").flatMap((name) => {
    const sent = fromMaster[name.toLowerCase()];
    if (name !== name.toLowerCase()) return conversation.sent(sent!) ?? [];
    return [conversation.objectionTo(fromWorker[name]!)];
  });
}

const boot = "LOAD loaded LISTEN ready";

Deno.test("what workers say in their lives is in turn", () => {
  for (
    const course of [
      `${boot} counters DRAIN closed`,
      `${boot} DRAIN draining closed`,
      `${boot} crashing closed`,
      `${boot} draining DRAIN closed`,
      // Lost listeners: it asks again and again, at first without success.
      `${boot} closed loaded loaded LISTEN loaded closed loaded LISTEN ready`,
      `${boot} closed DRAIN loaded closed`,
      `${boot} ASK ASK answer answer DRAIN ASK answer closed`,
      "LOAD failed",
      "LOAD loaded failed",
      "LOAD loaded LISTEN failed",
      "LOAD draining loaded closed",
      "LOAD draining failed",
      "draining LOAD closed",
    ]
  ) assert(objections(course).every((objection) => objection === null), course);
});

Deno.test("what is out of turn is objected to, with the reason", () => {
  for (
    const [course, objection] of [
      ["LOAD hello", '"hello" for the second time'],
      ["loaded", '"loaded" before it had its configuration'],
      ["LOAD loaded loaded", '"loaded" for the second time'],
      [`${boot} loaded`, '"loaded" while it listens'],
      ["LOAD ready", '"ready" without having been asked to listen'],
      [`${boot} ready`, '"ready" without having been asked to listen'],
      ["LOAD loaded closed", '"closed" before it listened'],
      [`${boot} failed`, '"failed" after it had listened'],
      ["LOAD failed loaded", '"loaded" after it had failed'],
      [`${boot} draining draining`, '"draining" for the second time'],
      ["LOAD crashing", '"draining" with an error before it listened'],
      [`${boot} answer`, '"task-answer" without having been asked'],
      [`${boot} ASK answer answer`, '"task-answer" without having been asked'],
      ["counters", '"counters" before it had its configuration'],
    ] as const
  ) assertEquals(objections(course).at(-1), objection, course);
});

Deno.test("property: no course makes a worker ready more often than it was asked to listen", () => {
  const name = fc.constantFrom("LOAD", "LISTEN", "DRAIN", ...Object.keys(fromWorker));
  fc.assert(fc.property(fc.array(name, { minLength: 1 }), (course) => {
    const answers = objections(course.join(" "));
    const said = course.filter((name) => name === name.toLowerCase());
    const accepted = said.filter((name, index) => name === "ready" && answers[index] === null).length;
    assert(accepted <= course.filter((name) => name === "LISTEN").length);
  }));
});
