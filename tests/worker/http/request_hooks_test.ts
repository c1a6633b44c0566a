import { DenicornError } from "../../../src/core/errors.ts";
import type { HookAnswer } from "../../../src/settings/config_hooks.ts";
import type { FetchHandler, RequestInfo } from "../../../src/system/system.ts";
import { RequestHooks } from "../../../src/worker/http/request_hooks.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

type Hook = (...args: readonly unknown[]) => unknown;

const worker = { slot: 0, role: "requests", generation: 1, pid: 42 } as const;
const info: RequestInfo = { remoteAddr: { transport: "tcp" }, completed: Promise.resolve() };
const request = new Request("http://host/a");

class Fixture {
  readonly clock = new FakeClock();
  readonly failed: string[] = [];
  readonly refused: string[] = [];
  readonly waited: Promise<unknown>[] = [];
  readonly handle: FetchHandler;

  constructor(app: FetchHandler, before: Hook | null, after: Hook | null) {
    const failure = (name: string, thrown: unknown) => new DenicornError("hook", `${name}: ${thrown}`);
    this.handle = new RequestHooks({
      ...{ clock: this.clock, worker, before, after, failure },
      settled: (name, promise) => Promise.resolve(promise).then(() => null, (error) => failure(name, error)),
      waitUntil: (promise) => void this.waited.push(promise),
      onRefused: (_, error) => void this.refused.push(error.message),
      onFailed: (_, error) => void this.failed.push(error.message),
    }).around(app);
  }
}

Deno.test("an app that answers at once does so with hooks that return at once", () => {
  const calls: unknown[][] = [];
  const response = new Response("ok", { status: 201 });
  const app: FetchHandler = (...args) => {
    calls.push(["app", ...args]);
    return response;
  };
  const hook = (name: string): Hook => (...args) => void calls.push([name, ...args]);
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const { handle, waited } = new Fixture(app, hook("before"), hook("after"));
  assertEquals(handle(request, info, context), response);
  assertEquals(calls, [
    ["before", worker, request, info],
    ["app", request, info, context],
    ["after", worker, request, info, { response, status: 201, ms: 0 }],
  ]);
  assertEquals(waited, []);
});

Deno.test("without hooks for requests the app itself is the handler", () => {
  const app = () => new Response();
  assert(new Fixture(app, null, null).handle === app);
});

Deno.test("preRequest that throws or rejects refuses the request, of which the app hears nothing", async () => {
  const app = () => {
    throw new Error("called");
  };
  const failing: Hook[] = [() => {
    throw "no";
  }, () => Promise.reject("no")];
  for (const before of failing) {
    const { handle, refused } = new Fixture(app, before, () => assert(false));
    const answer = await handle(request, info);
    assertEquals([answer.status, refused], [500, ["preRequest: no"]]);
  }
});

Deno.test("the app waits for a promise of preRequest", async () => {
  const ready = Promise.withResolvers<void>();
  let wasCalled = false;
  const app = () => {
    wasCalled = true;
    return new Response("ok");
  };
  const answer = new Fixture(app, () => ready.promise, null).handle(request, info);
  await Promise.resolve();
  assert(!wasCalled);
  ready.resolve();
  assertEquals(await (await answer).text(), "ok");
});

Deno.test("postRequest gets the time and the status of an answer that comes later", async () => {
  const answers: HookAnswer[] = [];
  const { promise, resolve } = Promise.withResolvers<Response>();
  const fixture = new Fixture(() => promise, null, (...args) => void answers.push(args[3] as HookAnswer));
  const answer = fixture.handle(request, info);
  await fixture.clock.advance(250);
  const response = new Response("late", { status: 404 });
  resolve(response);
  assert(await answer === response);
  assertEquals(answers, [{ response, status: 404, ms: 250 }]);
});

Deno.test("postRequest is called for an app that throws, rejects or answers no response", async () => {
  const answers: HookAnswer[] = [];
  const after: Hook = (...args) => void answers.push(args[3] as HookAnswer);
  const thrown = new Fixture(
    () => {
      throw new Error("at once");
    },
    null,
    after,
  );
  assertThrows(() => thrown.handle(request, info), Error, "at once");
  const rejected = new Fixture(() => Promise.reject(new Error("later")), null, after);
  await assertRejects(async () => await rejected.handle(request, info), Error, "later");
  const nothing = new Fixture(() => undefined as unknown as Response, null, after);
  assertEquals(await nothing.handle(request, info), undefined);
  assertEquals(answers, [1, 2, 3].map(() => ({ response: null, status: 500, ms: 0 })));
});

Deno.test("postRequest that fails is reported, and changes nothing about the answer", async () => {
  const response = new Response("ok");
  const throwing = new Fixture(() => response, null, () => {
    throw "no";
  });
  assert(throwing.handle(request, info) === response);
  assertEquals(throwing.failed, ["postRequest: no"]);
  const rejecting = new Fixture(() => response, null, () => Promise.reject("later"));
  assert(rejecting.handle(request, info) === response);
  assertEquals(rejecting.waited.length, 1);
  await rejecting.waited[0];
  assertEquals(rejecting.failed, ["postRequest: later"]);
});

Deno.test("postRequest that reads the body of the response is named, unless the app has read it", async () => {
  const reads: Hook = (_worker, _request, _info, answer) => (answer as HookAnswer).response!.text();
  const { handle, failed } = new Fixture(() => new Response("ok"), null, reads);
  await handle(request, info);
  assertEquals(failed, ["postRequest: TypeError: the body of the response is not for hooks to read"]);
  const read = new Response("ok");
  await read.text();
  const late = new Fixture(() => read, null, () => {});
  await late.handle(request, info);
  assertEquals(late.failed, []);
});

Deno.test("postRequest is called for what only looks like a response, which is a fault of the app", async () => {
  const statuses: number[] = [];
  const similar: Response = Object.create(Response.prototype);
  const notes: Hook = (_worker, _request, _info, answer) => void statuses.push((answer as HookAnswer).status);
  const { handle, failed } = new Fixture(() => similar, null, notes);
  assert(await handle(request, info) === similar);
  assertEquals([statuses, failed], [[500], []]);
});
