import { DenicornError } from "../../src/core/errors.ts";
import type { FetchHandler } from "../../src/system/system.ts";
import { untilReady } from "../../src/worker/readiness.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { FakeClock, settled } from "../fakes/fake_clock.ts";

/** An app that is asked over `/healthz?deep` for up to ten seconds. */
function asking(fetch: (request: Request) => unknown) {
  const clock = new FakeClock();
  const questions: number[] = [];
  let outcome: "asking" | "ready" | DenicornError = "asking";
  const handler = ((request: Request) => {
    questions.push(clock.monotonic());
    return fetch(request);
  }) as FetchHandler;
  void untilReady(handler, clock, { path: "/healthz?deep", deadline: 10_000 }).then(
    () => outcome = "ready",
    (error) => outcome = error,
  );
  return { clock, questions, outcome: () => outcome };
}

Deno.test("an app that answers 2xx is ready at the first question", async () => {
  for (const status of [200, 204, 299]) {
    let asked = "";
    const { outcome, questions } = asking(({ url, method }) => {
      asked = `${method} ${url}`;
      return new Response(null, { status });
    });
    await settled();
    assertEquals([outcome(), asked, questions], ["ready", "GET http://localhost/healthz?deep", [0]]);
  }
});

Deno.test("it is asked every 250 ms until it can serve", async () => {
  const answers = [
    () => new Response("", { status: 503 }),
    () => {
      throw new Error("no database");
    },
    () => Promise.reject(new Error("no database")),
    () => undefined,
    () => new Response("", { status: 302 }),
    () => new Response("ok"),
  ];
  const { clock, outcome, questions } = asking(() => answers.shift()!());
  await clock.advance(1_249);
  assertEquals(outcome(), "asking");
  await clock.advance(1);
  assertEquals([outcome(), questions], ["ready", [0, 250, 500, 750, 1_000, 1_250]]);
});

const late: readonly (readonly [why: RegExp, answer: () => unknown])[] = [
  [/\/healthz\?deep \(ready-path\) answered 503 until boot-timeout/, () => new Response("", { status: 503 })],
  [/threw TypeError: no database until/, () => Promise.reject(new TypeError("no database\nat all"))],
  [/answered with something that is no Response/, () => "fine"],
  [/did not answer/, () => new Promise(() => {})],
];

for (const [why, answer] of late) {
  Deno.test(`at the deadline it is told what the app did last: ${why.source}`, async () => {
    const { clock, outcome } = asking(answer);
    await clock.advance(9_500);
    assertEquals(outcome(), "asking");
    await clock.advance(500);
    const error = outcome();
    assert(error instanceof DenicornError);
    assertEquals([error.code, error.exitCode], ["not-ready", 3]);
    assertMatch(error.message, why);
  });
}
