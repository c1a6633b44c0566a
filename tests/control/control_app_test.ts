import {
  type MasterCommands,
  type Operation,
  type Operations,
  Refusal,
} from "../../src/control/master_commands.ts";
import { createControlApp } from "../../src/control/control_app.ts";
import { endpoints } from "../../src/control/endpoints.ts";
import { decodeEvents } from "../../src/control/event_stream.ts";
import { DenicornError } from "../../src/core/errors.ts";
import type { LifecycleEvent } from "../../src/core/telemetry/lifecycle.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { fakeRunningMaster } from "../fakes/fake_commands.ts";

function appOf(expected: Parameters<typeof fakeRunningMaster>[0] = {}) {
  return createControlApp(fakeRunningMaster(expected));
}

/** An app whose operations all do what `run` does. */
function appWith(run: Operations["run"]) {
  return appOf({ operations: { run } });
}

function post(body?: unknown): RequestInit {
  return { method: "POST", ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

/** An operation that the test ends. */
function pending(isWaiting = false) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  promise.catch(() => {});
  return { operation: { isWaiting, finished: promise } satisfies Operation, finish: resolve, fail: reject };
}

Deno.test("an unknown path gets 404 and the known ones, a wrong method 405 and the right one", async () => {
  const app = appOf();
  const unknown = await app.request("/dance");
  assertEquals(unknown.status, 404);
  assertMatch(
    (await unknown.json()).error,
    /^GET \/dance is not a command: use one of GET \/status, .*POST \/upgrade, GET \/tasks, .*POST \/tasks\/resume$/,
  );
  for (const { method, path } of endpoints) {
    const wrong = await app.request(path, { method: method === "GET" ? "POST" : "GET" });
    assertEquals([wrong.status, wrong.headers.get("Allow")], [405, method]);
    assertMatch((await wrong.json()).error, new RegExp(`use ${method}$`));
  }
});

Deno.test("a reload with ?wait=1 answers at its end, else at once", async () => {
  const { operation, finish } = pending();
  const app = appOf({ commands: { notApplied: [] }, operations: { run: () => operation } });
  const accepted = await app.request("/reload", post());
  assertEquals([accepted.status, await accepted.json()], [202, {
    state: "accepted",
    message: "it has begun",
  }]);
  let isAnswered = false;
  const waited = Promise.resolve(app.request("/reload?wait=1", post()));
  void waited.then(() => isAnswered = true);
  await settled();
  assert(!isAnswered);
  finish("2 workers are ready");
  const done = await waited;
  assertEquals([done.status, await done.json()], [200, { state: "done", message: "2 workers are ready" }]);
});

Deno.test("a reload that was waited for names what takes a restart", async () => {
  const notApplied = [{ name: "bind", inForce: "127.0.0.1:1", wanted: "127.0.0.1:2" }];
  const operation = { isWaiting: false, finished: Promise.resolve("2 workers are ready") };
  const app = appOf({ commands: { notApplied }, operations: { run: () => operation } });
  const answer = await (await app.request("/reload?wait=1", post())).json();
  assertEquals(answer, {
    state: "done",
    message:
      "2 workers are ready; bind was changed, which takes a restart: 127.0.0.1:1 stays in force, not 127.0.0.1:2",
    notApplied,
  });
  // An upgrade applies them.
  assertEquals((await (await app.request("/upgrade?wait=1", post())).json()).notApplied, undefined);
});

Deno.test("an operation behind another one is accepted and says so", async () => {
  const { operation } = pending(true);
  const answer = await appWith(() => operation).request("/upgrade", post({}));
  assertEquals([answer.status, (await answer.json()).message], [
    202,
    "it begins when the command before it is done",
  ]);
});

Deno.test("an operation that waits for something else than the queue says so", async () => {
  const operation = { ...pending().operation, waitsFor: "a worker is ready" };
  const answer = await appWith(() => operation).request("/upgrade", post({}));
  assertEquals([answer.status, (await answer.json()).message], [202, "it begins when a worker is ready"]);
});

Deno.test("a failure has a code and an exit code, a refusal gets 409 or 400", async () => {
  const ending = async (error: Error, path = "/reload?wait=1") => {
    const { operation, fail } = pending();
    fail(error);
    const answer = await appWith(() => operation).request(path, post());
    return [answer.status, await answer.json()];
  };
  const error = new DenicornError("app-throws", "cannot load the app", { detail: "at main.ts:1" });
  const failed = { error: "cannot load the app", code: "app-throws", exitCode: 4, detail: "at main.ts:1" };
  assertEquals(await ending(error), [500, failed]);
  assertEquals(await ending(error, "/reload"), [500, failed]);
  assertEquals(await ending(new Refusal("conflict", "stopping")), [409, { error: "stopping" }]);
  assertEquals(await ending(new Refusal("malformed", "too many")), [400, { error: "too many" }]);
});

Deno.test("scale accepts numbers and changes, and refuses everything else with 400", async () => {
  const asked: unknown[] = [];
  const scale: Operations["scale"] = (amount) => {
    asked.push(amount);
    return { isWaiting: false, finished: Promise.resolve("ready") };
  };
  const app = appOf({ operations: { scale } });
  for (const target of [4, "4", "+1", "-2", 1024]) {
    assertEquals((await app.request("/scale?wait=1", post({ target }))).status, 200);
  }
  assertEquals(asked, [{ to: 4 }, { to: 4 }, { by: 1 }, { by: -2 }, { to: 1024 }]);
  for (const target of [0, -1, 1025, 1.5, "", "four", "+0", "+1025", "1e2", null, [], {}, true, undefined]) {
    const refused = await app.request("/scale", post({ target }));
    assertEquals(refused.status, 400, JSON.stringify(target));
    assertMatch(
      (await refused.json()).error,
      /^target: .* is not accepted: give a number of workers from 1 to 1024/,
    );
  }
  assertEquals(asked.length, 5);
});

Deno.test("a body that is not a JSON object, or has unknown fields or wrong types, gets 400 and nothing happens", async () => {
  const app = appOf();
  const bodies: [path: string, body: string, says: RegExp][] = [
    ["/scale", "{", /^the body is not JSON \(/],
    ["/scale", "[1]", /^the body is not a JSON object: give an object with target$/],
    ["/scale", "null", /not a JSON object/],
    ["/scale", '{"tagret": 4}', /^unknown field "tagret": give an object with target$/],
    ["/stop", '{"now": "yes"}', /^now: give true or false$/],
    ["/stop", '{"nwo": true}', /^unknown field "nwo"/],
    ["/reload", '{"wait": true}', /^unknown field "wait": give no body, or \{\}$/],
    ["/reload?wait=yes", "", /^wait: "yes" is not accepted: give 1$/],
    ["/handover", '{"fdInbox": 1}', /^fdInbox: give a path or null$/],
    ["/handover", "{}", /^fdInbox: give a path or null$/],
    ["/handover", "null", /not a JSON object/],
    ["/handover", "post", /^the body is not JSON \(/],
  ];
  for (const [path, body, says] of bodies) {
    const answer = await app.request(path, { method: "POST", body });
    assertEquals(answer.status, 400, `${path} ${body}`);
    assertMatch((await answer.json()).error, says);
  }
});

Deno.test("a body larger than any command is not read to its end", async () => {
  const app = appOf();
  let pieces = 0;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++pieces > 1_000) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
  for (const path of ["/scale", "/reload", "/stop", "/handover"]) {
    const answer = await app.request(path, { method: "POST", body: body() });
    assertEquals(answer.status, 413, path);
    assertEquals(await answer.json(), {
      error: "the body is larger than 64 KiB: no command needs that much",
    });
    assert(pieces < 20, `${pieces}`);
    pieces = 0;
  }
});

Deno.test("a master retires only in an upgrade", async () => {
  const posted: string[] = [];
  const lateChanges = { target: 3, areLogsReopened: true };
  const app = (phase: MasterCommands["phase"]) =>
    appOf({ commands: { phase, lateChanges, post: ({ type }) => void posted.push(type) } });
  assertEquals((await app("running").request("/retire", post())).status, 409);
  assertEquals((await app("stopping").request("/retire", post())).status, 409);
  assertEquals(posted, []);
  const answer = await app("upgrading").request("/retire", post());
  assertEquals(answer.status, 200);
  assertEquals(await answer.json(), lateChanges);
  assertEquals(posted, ["retire"]);
});

Deno.test("a second stop changes nothing, unless it says now", async () => {
  const done: string[] = [];
  const app = appOf({
    commands: {
      phase: "stopping",
      post: (event) => event.type === "command" && event.begin(),
      stop: (how) => void done.push(how),
    },
  });
  assertEquals((await app.request("/stop", post())).status, 202);
  assertEquals(done, []);
  assertEquals((await app.request("/stop", post({ now: true }))).status, 202);
  assertEquals(done, ["quick"]);
});

Deno.test("stop and reopen are done at once", async () => {
  const done: unknown[] = [];
  const app = appOf({
    commands: {
      phase: "running",
      stop: (how) => void done.push(how),
      reopenLogs() {
        done.push("reopen");
        return null;
      },
      post: (event) => event.type === "command" && event.begin(),
    },
  });
  assertEquals((await app.request("/stop", post())).status, 202);
  assertEquals((await app.request("/stop", post({ now: true }))).status, 202);
  assertEquals((await app.request("/reopen", post())).status, 200);
  assertEquals(done, ["graceful", "quick", "reopen"]);
});

/** An event log without retained events. */
function eventLog(
  asked: (since: number) => void,
  follow: MasterCommands["eventLog"]["follow"],
): MasterCommands["eventLog"] {
  return {
    follow,
    since(id) {
      asked(id);
      return [];
    },
    onIdle: () => {},
  };
}

Deno.test("events are sent as they happen, after the one with Last-Event-ID", async () => {
  let emit: (event: LifecycleEvent) => void = () => {};
  const seen: number[] = [];
  let isFollowed = true;
  const app = appOf({
    commands: {
      eventLog: eventLog((since) => void seen.push(since), (follower) => {
        emit = follower;
        return () => isFollowed = false;
      }),
    },
  });
  const event = { id: 8, at: 0, kind: "scaled", text: "workers: 1 -> 2\nid: 9" } as const;
  const response = await app.request("/events", { headers: { "Last-Event-ID": "7" } });
  assertEquals([response.headers.get("Content-Type"), seen], ["text/event-stream", []]);
  const events = decodeEvents(response.body!);
  const first = events.next();
  await settled();
  emit(event);
  emit({ ...event, id: 9 });
  assertEquals([(await first).value, (await events.next()).value?.id, seen], [event, 9, [7]]);
  await events.return(undefined);
  assert(!isFollowed);
  const unknown = await app.request("/events", { headers: { "Last-Event-ID": "none" } });
  await unknown.body!.getReader().read();
  assertEquals(seen, [7, 0]);
  await app.request("/events", { method: "HEAD" });
  await settled();
  assertEquals(seen, [7, 0], "to ask for the head makes no follower");
});

Deno.test("a follower that does not read is disconnected", async () => {
  let emit: (event: LifecycleEvent) => void = () => {};
  let isFollowed = true;
  const app = appOf({
    commands: {
      eventLog: eventLog(() => {}, (follower) => {
        emit = follower;
        return () => isFollowed = false;
      }),
    },
  });
  const { body } = await app.request("/events");
  const events = decodeEvents(body!);
  const first = events.next();
  await settled();
  for (let id = 1; isFollowed && id < 5_000; id++) emit({ id, at: 0, kind: "complete", text: "" });
  assert(!isFollowed);
  let count = (await first).done === true ? 0 : 1;
  for await (const _ of events) count++;
  assert(count >= 1_000 && count < 1_100, `${count}`);
});

Deno.test("a worker is recycled in the master's loop, and a refusal is answered", async () => {
  const recycled: number[] = [];
  const app = appOf({
    commands: {
      post: (event) => event.type === "command" && event.begin(),
      recycle(slot) {
        if (slot === 9) throw new Refusal("missing", "cannot recycle worker 9: there is none");
        recycled.push(slot);
      },
    },
  });
  for (const worker of [3, "4"]) {
    const accepted = await app.request("/recycle", post({ worker }));
    assertEquals([accepted.status, await accepted.json()], [202, {
      state: "accepted",
      message: `worker ${worker} is drained as soon as a new one is ready`,
    }]);
  }
  assertEquals(recycled, [3, 4]);
  const missing = await app.request("/recycle", post({ worker: 9 }));
  assertEquals([missing.status, await missing.json()], [404, {
    error: "cannot recycle worker 9: there is none",
  }]);
  for (const worker of [undefined, -1, 1.5, "one", null]) {
    const malformed = await app.request("/recycle", post(worker === undefined ? {} : { worker }));
    assertEquals(malformed.status, 400, String(worker));
  }
});
