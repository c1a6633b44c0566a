import { refusing } from "../../../src/worker/http/refused_requests.ts";
import { RequestTimeout } from "../../../src/worker/http/request_timeout.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

const info = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7" },
  completed: Promise.resolve(),
} as const;

function limited() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const held = { count: 0 };
  const timeout = new RequestTimeout({
    clock,
    requests: {
      hold() {
        held.count++;
        return () => held.count--;
      },
      upgradeOf: () => undefined,
    },
    timeout: 1_000,
    refuse: refusing((kind) => lines.push(kind)),
    onLate: ({ url }) => lines.push(`late ${url}`),
    onStuck: ({ url }) => lines.push(`stuck ${url}`),
    onThrown: (_request, error) => lines.push(`threw ${error}`),
  });
  return { clock, lines, held, timeout };
}

Deno.test("each request has its own time, and its handler is held until it ends", async () => {
  const { clock, lines, held, timeout } = limited();
  const answers: PromiseWithResolvers<Response>[] = [];
  const handler = timeout.limit(() => {
    const answer = Promise.withResolvers<Response>();
    answers.push(answer);
    return answer.promise;
  });
  const statuses: number[] = [];
  const ask = (path: string) => {
    const request = new Request(`http://a/${path}`);
    void Promise.resolve(handler(request, info)).then(({ status }) => statuses.push(status));
    return request;
  };
  const first = ask("1");
  await clock.advance(600);
  const second = ask("2");
  await clock.advance(500);
  await settled();
  assertEquals([statuses, held.count, lines], [[504], 1, ["late http://a/1", "late"]]);
  // Read only now.
  assertEquals([first.signal.aborted, first.signal.reason.name, second.signal.aborted], [
    true,
    "TimeoutError",
    false,
  ]);
  answers[1]!.resolve(new Response());
  answers[0]!.reject(first.signal.reason);
  await settled();
  assertEquals([statuses, held.count, lines.length], [[504, 200], 0, 2]);
  await clock.advance(5_000);
  assertEquals([second.signal.aborted, lines.length], [false, 2]);
});

Deno.test("what a handler throws after its time is logged, and the body it answers is not made", async () => {
  const { clock, lines, timeout } = limited();
  const answers = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()] as const;
  for (const { promise } of answers) void timeout.limit(() => promise)(new Request("http://a/"), info);
  await clock.advance(1_000);
  let isCancelled = false;
  answers[0].reject(new Error("after"));
  answers[1].resolve(new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })));
  await settled();
  assertEquals([lines.at(-1), isCancelled], ["threw Error: after", true]);
});

Deno.test("a handler that has not ended when the time has passed twice is stuck", async () => {
  const { clock, lines, timeout } = limited();
  const ends = Promise.withResolvers<Response>();
  void timeout.limit(() => new Promise(() => {}))(new Request("http://a/never"), info);
  void timeout.limit(() => ends.promise)(new Request("http://a/late"), info);
  await clock.advance(1_500);
  ends.resolve(new Response());
  await settled();
  await clock.advance(5_000);
  assertEquals(lines.filter((line) => line.startsWith("stuck")), ["stuck http://a/never"]);
});
