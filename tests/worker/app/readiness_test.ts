import { DenicornError } from "../../../src/core/errors.ts";
import type { FetchHandler, ProgramServer } from "../../../src/system/system.ts";
import { untilReady, untilServing, untilSettled } from "../../../src/worker/app/readiness.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

/** An app that is asked at `/healthz?deep` for up to ten seconds. */
function asking(fetch: (request: Request) => unknown) {
  const clock = new FakeClock();
  const requests: number[] = [];
  let outcome: "asking" | "ready" | DenicornError = "asking";
  const handler = ((request: Request) => {
    requests.push(clock.monotonic());
    return fetch(request);
  }) as FetchHandler;
  void untilReady(handler, clock, { path: "/healthz?deep", deadline: 10_000, bundle: "/bundle.js" }).then(
    () => outcome = "ready",
    (error) => outcome = error,
  );
  return { clock, requests, outcome: () => outcome };
}

Deno.test("an app that answers 2xx is ready at the first request", async () => {
  for (const status of [200, 204, 299]) {
    let asked = "";
    const { outcome, requests } = asking(({ url, method }) => {
      asked = `${method} ${url}`;
      return new Response(null, { status });
    });
    await settled();
    assertEquals([outcome(), asked, requests], ["ready", "GET http://localhost/healthz?deep", [0]]);
  }
});

Deno.test("the app is asked every 250 ms until it can serve", async () => {
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
  const { clock, outcome, requests } = asking(() => answers.shift()!());
  await clock.advance(1_249);
  assertEquals(outcome(), "asking");
  await clock.advance(1);
  assertEquals([outcome(), requests], ["ready", [0, 250, 500, 750, 1_000, 1_250]]);
});

const wrong: readonly (readonly [why: RegExp, answer: () => unknown])[] = [
  [/\/healthz\?deep \(ready-path\) answered 503 until boot-timeout/, () => new Response("", { status: 503 })],
  [/threw TypeError: no database until/, () => Promise.reject(new TypeError("no database\nat all"))],
  [/answered a string, not a Response until/, () => "fine"],
  [/did not answer/, () => new Promise(() => {})],
];

for (const [why, answer] of wrong) {
  Deno.test(`at the deadline the error says what the app did last: ${why.source}`, async () => {
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

Deno.test("a program has started its servers when it has started no other one for 250 ms", async () => {
  const clock = new FakeClock();
  const servers: ProgramServer[] = [];
  const first = Promise.withResolvers<void>();
  let isSettled = false;
  void untilSettled({ servers, changed: first.promise }, clock).then(() => isSettled = true);
  await clock.advance(10_000);
  const start = () => servers.push({} as ProgramServer);
  start();
  first.resolve();
  await clock.advance(200);
  start();
  await clock.advance(299);
  assertEquals(isSettled, false);
  await clock.advance(1);
  assertEquals(isSettled, true);
});

Deno.test("a program that has started no server at the deadline serves nothing", async () => {
  const clock = new FakeClock();
  const program = { servers: [], changed: new Promise<void>(() => {}) };
  let outcome: unknown = null;
  untilServing({ source: "/srv/main.ts", deadline: 1_000 }, program, clock).catch((error) => outcome = error);
  await clock.advance(999);
  assertEquals(outcome, null);
  await clock.advance(1);
  assert(outcome instanceof DenicornError);
  assertEquals(outcome.code, "app-serves-nothing");
  assertMatch(outcome.message, /main\.ts is loaded, but neither exports an app nor has started a server/);
});
