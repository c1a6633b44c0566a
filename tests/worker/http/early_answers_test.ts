import { afterRequest } from "../../../src/worker/http/early_answers.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";

const info = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7" },
  completed: Promise.resolve(),
} as const;

/** An upload of which the app reads one part, and what has become of it. */
function upload(parts: number) {
  let left = parts;
  let controller!: ReadableStreamDefaultController;
  const body = new ReadableStream({
    start: (own) => void (controller = own),
    pull: (own) => left-- > 0 ? own.enqueue(new Uint8Array(1_000)) : undefined,
  }, { highWaterMark: 0 });
  const request = new Request("http://a/", { method: "POST", body });
  return {
    request,
    end: () => controller.close(),
    fail: () => controller.error(new Error("gone")),
    left: () => left,
  };
}

async function readOne(request: Request): Promise<void> {
  await request.body!.getReader().read();
}

/** Its status once there is one. */
function statusOf(answer: Response | Promise<Response>): { status: number | null } {
  const state: { status: number | null } = { status: null };
  void Promise.resolve(answer).then(({ status }) => state.status = status);
  return state;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settled();
}

Deno.test("an answer waits for the rest of a body that the app has begun to read", async () => {
  const clock = new FakeClock();
  const { request, end } = upload(10);
  const answer = statusOf(
    afterRequest(async (request) => {
      await readOne(request);
      return new Response("too large", { status: 413 });
    }, clock)(request, info),
  );
  await turns();
  assertEquals(answer.status, null);
  end();
  await turns();
  assertEquals([answer.status, clock.timers], [413, 0]);
});

Deno.test("it waits 5 s for the next part, and 30 s for all", async () => {
  const clock = new FakeClock();
  const silent = upload(3);
  const handler = afterRequest(async (request) => {
    await readOne(request);
    return new Response(null, { status: 413 });
  }, clock);
  const first = statusOf(handler(silent.request, info));
  await turns();
  await clock.advance(5_000);
  await turns();
  assertEquals(first.status, null);
  await clock.advance(5_000);
  await turns();
  assertEquals(first.status, 413);

  let controller!: ReadableStreamDefaultController;
  const body = new ReadableStream({ start: (own) => void (controller = own) });
  const second = statusOf(handler(new Request("http://a/", { method: "POST", body }), info));
  controller.enqueue(new Uint8Array(1));
  for (let second = 0; second < 29; second++) {
    await turns();
    controller.enqueue(new Uint8Array(1));
    await clock.advance(1_000);
  }
  await turns();
  assertEquals(second.status, null);
  await clock.advance(1_000);
  await turns();
  assertEquals([second.status, clock.timers], [413, 0]);
});

Deno.test("so does what the app throws, and a body that breaks off keeps neither", async () => {
  const clock = new FakeClock();
  const { request, fail } = upload(2);
  const thrown = afterRequest(async (request) => {
    await readOne(request);
    throw new Error("out of tea");
  }, clock)(request, info);
  void turns().then(fail);
  await assertRejects(() => Promise.resolve(thrown), Error, "out of tea");
  assertEquals(clock.timers, 0);
});

Deno.test("no answer waits where the app still reads, has read all, or streams", async () => {
  const clock = new FakeClock();
  const reading = upload(0);
  const answered = statusOf(
    afterRequest((request) => {
      void readOne(request);
      return new Response("taken");
    }, clock)(reading.request, info),
  );
  const whole = new Request("http://a/", { method: "POST", body: "whole" });
  const read = statusOf(
    afterRequest(async (request) => new Response(await request.text()), clock)(whole, info),
  );
  const echo = upload(3);
  const streamed = statusOf(afterRequest(({ body }) => new Response(body), clock)(echo.request, info));
  await turns();
  assertEquals([answered.status, read.status, streamed.status], [200, 200, 200]);
  assert(echo.left() >= 2);
  assertEquals(clock.timers, 0);
});

Deno.test("an app that reads on after the answer gets an error, and no end that is none", async () => {
  const clock = new FakeClock();
  const { request, end } = upload(10);
  const reader = request.body!.getReader();
  const answer = statusOf(
    afterRequest(async () => {
      await reader.read();
      return new Response("taken", { status: 202 });
    }, clock)(request, info),
  );
  await turns();
  end();
  await turns();
  assertEquals(answer.status, 202);
  await assertRejects(() => reader.read(), TypeError);

  const iterated = upload(10);
  const parts = iterated.request.body!.values();
  void afterRequest(async () => {
    await parts.next();
    return new Response("taken", { status: 202 });
  }, clock)(iterated.request, info);
  await turns();
  iterated.end();
  await turns();
  await assertRejects(() => parts.next(), TypeError);
});

Deno.test("no more than 16 MB are read of a body that has a copy, which would keep it", async () => {
  const clock = new FakeClock();
  let read = 0;
  const body = new ReadableStream({
    pull(controller) {
      read++;
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
  }, { highWaterMark: 0 });
  const answer = afterRequest((request) => {
    request.clone();
    return new Response("enough");
  }, clock)(new Request("http://a/", { method: "POST", body }), info);
  assertEquals([(await answer).status, clock.timers], [200, 0]);
  assert(read >= 16 && read < 20, `${read}`);
});

Deno.test("a body of HTTP/2 needs no length: its end is awaited, too", async () => {
  const clock = new FakeClock();
  const handler = afterRequest(() => new Response("too large", { status: 413 }), clock);
  const { request, end } = upload(10);
  const answer = statusOf(handler(request, info));
  await turns();
  assertEquals(answer.status, null);
  end();
  await turns();
  assertEquals(answer.status, 413);

  const { request: empty } = upload(0);
  empty.headers.set("host", "a");
  assertEquals((await handler(empty, info)).status, 413);
  assertEquals(clock.timers, 0);
});
