import { createAdminApp } from "../../src/control/admin_app.ts";
import { createControlApp } from "../../src/control/control_app.ts";
import { Refusal, type TaskAccess } from "../../src/control/master_commands.ts";
import { longestRequest } from "../../src/control/task_routes.ts";
import { taskCommandList } from "../../src/core/tasks/task_commands.ts";
import type { WorkerStatus } from "../../src/core/telemetry/status.ts";
import type { TaskStatus } from "../../src/core/telemetry/task_status.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";
import { fakeRunningMaster } from "../fakes/fake_commands.ts";
import { calmStatus } from "../fakes/status.ts";
import { busyTasks, deadTask } from "../fakes/task_status.ts";

const token = "a-token-of-twenty-4";

interface Served {
  readonly ask?: TaskAccess["ask"];
  readonly tasks?: TaskStatus<WorkerStatus> | null;
  readonly taskSizeLimit?: number;
}

function masterWith({ ask, tasks = busyTasks, taskSizeLimit = 262_144 }: Served) {
  return fakeRunningMaster({
    commands: { settings: { taskSizeLimit } as Settings },
    tasks: ask === undefined ? {} : { ask },
    status: () => ({ ...calmStatus, tasks }),
  });
}

/** A control app whose store answers with `answer`, and what it was asked. */
function answering(answer: unknown, served: Served = {}) {
  const asked: unknown[] = [];
  const ask: TaskAccess["ask"] = (request) => {
    asked.push(request);
    return Promise.resolve(JSON.stringify(answer));
  };
  return { app: createControlApp(masterWith({ ask, ...served })), asked };
}

function post(body?: unknown): RequestInit {
  return { method: "POST", ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

Deno.test("the numbers of tasks are those of the store now, the rest is that of the status", async () => {
  const store = { ...busyTasks.store, waiting: 99 };
  const { app, asked } = answering(store);
  assertEquals(await (await app.request("/tasks")).json(), { ...busyTasks, store });
  assertEquals(asked, [{ do: "counts" }]);
});

Deno.test("a store that does not answer is said at once, and not asked", async () => {
  const problem = "cannot reach Redis: 127.0.0.1:6379: connection refused";
  const tasks = { ...busyTasks, store: null, problem };
  assertEquals(await (await createControlApp(masterWith({ tasks })).request("/tasks")).json(), tasks);

  const ask = () => Promise.reject(new Refusal("conflict", "no worker is ready"));
  assertEquals(await (await createControlApp(masterWith({ ask })).request("/tasks")).json(), {
    ...busyTasks,
    store: null,
    problem: "no worker is ready",
  });
});

Deno.test("an app without tasks has a clear answer to each request", async () => {
  const app = createControlApp(masterWith({ tasks: null }));
  const bodies: Record<string, unknown> = {
    add: { name: "sendMail" },
    retry: { id: null },
    cancel: { id: "1" },
    purge: { state: "dead" },
  };
  for (const { name, http: { method, path, query } } of taskCommandList) {
    const init = method === "POST" ? post(bodies[name]) : {};
    const answer = await app.request(query === undefined ? path : `${path}?${query}`, init);
    assertEquals([name, answer.status, await answer.json()], [name, 409, {
      error:
        "there are no tasks: main.ts exports none: export tasks from it, or name their module with --tasks",
    }]);
  }
});

Deno.test("a server that starts does not know yet whether its app has tasks", async () => {
  const master = fakeRunningMaster({ status: () => ({ ...calmStatus, phase: "starting" }) });
  const answer = await createControlApp(master).request("/tasks/list?state=dead");
  assertEquals([answer.status, await answer.json()], [409, {
    error: "it is not known whether main.ts has tasks: the server is starting: try again",
  }]);
});

Deno.test("each request reaches the store, and its answer is put into words", async () => {
  const expected: [path: string, init: RequestInit, answer: unknown, asked: unknown, body: unknown][] = [
    ["/tasks/list?state=dead", {}, [deadTask], { do: "list", state: "dead", limit: 20 }, [deadTask]],
    ["/tasks/list?state=waiting&limit=1000", {}, [], { do: "list", state: "waiting", limit: 1_000 }, []],
    ["/tasks/a%2Fb%20c", {}, deadTask, { do: "show", id: "a/b c" }, deadTask],
    [
      "/tasks",
      post({ name: "sendMail", payload: [1], options: { delay: 5 } }),
      "7",
      { do: "add", name: "sendMail", payload: [1], options: { delay: 5 } },
      { state: "done", message: "task 7 is added", id: "7" },
    ],
    [
      "/tasks",
      post({ name: "sweep" }),
      "8",
      { do: "add", name: "sweep", payload: null, options: {} },
      { state: "done", message: "task 8 is added", id: "8" },
    ],
    [
      "/tasks/retry",
      post({ id: "42" }),
      1,
      { do: "retry", id: "42" },
      { state: "done", message: "1 task is tried again", count: 1 },
    ],
    [
      "/tasks/retry",
      post({ id: null }),
      0,
      { do: "retry", id: null },
      { state: "done", message: "0 tasks are tried again", count: 0 },
    ],
    ["/tasks/cancel", post({ id: "42" }), true, { do: "cancel", id: "42" }, {
      state: "done",
      message: "task 42 is cancelled",
    }],
    ["/tasks/purge", post({ state: "done" }), 40, { do: "purge", state: "done" }, {
      state: "done",
      message: "40 tasks are removed",
      count: 40,
    }],
    ["/tasks/pause", post(), null, { do: "pause" }, {
      state: "done",
      message: "no worker takes tasks until they are resumed; those that run go on",
    }],
    ["/tasks/resume", post({}), null, { do: "resume" }, {
      state: "done",
      message: "workers take tasks again",
    }],
  ];
  for (const [path, init, answer, request, body] of expected) {
    const { app, asked } = answering(answer);
    const response = await app.request(path, init);
    assertEquals([path, response.status, await response.json(), asked], [path, 200, body, [request]]);
  }
});

Deno.test("what is not there gets 404, what cannot be done now 409, with what to look at", async () => {
  const refused = async (path: string, init: RequestInit, answer: unknown) => {
    const response = await answering(answer).app.request(path, init);
    return [response.status, (await response.json()).error];
  };
  assertEquals(await refused("/tasks/42", {}, null), [
    404,
    "cannot show task 42: the store has none of this id",
  ]);
  assertEquals(await refused("/tasks/retry", post({ id: "42" }), 0), [
    409,
    "cannot retry task 42: no dead task has this id: see `denicorn ctl tasks show 42`",
  ]);
  assertEquals(await refused("/tasks/cancel", post({ id: "42" }), false), [
    409,
    "cannot cancel task 42: none of this id waits or runs: see `denicorn ctl tasks show 42`",
  ]);
});

Deno.test("a malformed request about tasks gets 400 and reaches no worker", async () => {
  const requests: [path: string, init: RequestInit, says: RegExp][] = [
    ["/tasks/list", {}, /^state: none is not accepted: give one of waiting, delayed, running, done, dead$/],
    ["/tasks/list?state=lost", {}, /^state: "lost" is not accepted: give one of waiting/],
    [
      "/tasks/list?state=dead&limit=0",
      {},
      /^limit: "0" is not accepted: give a number of tasks from 1 to 1000$/,
    ],
    ["/tasks/list?state=dead&limit=1001", {}, /^limit: "1001" is not accepted/],
    ["/tasks/list?state=dead&limit=1e2", {}, /^limit: "1e2" is not accepted/],
    ["/tasks", post({ payload: 1 }), /^name: none is not accepted: give the name of a task of the app$/],
    ["/tasks", post({ name: 7 }), /^name: 7 is not accepted/],
    [
      "/tasks",
      post({ name: "a", data: 1 }),
      /^unknown field "data": give an object with name, payload/,
    ],
    ["/tasks", { method: "POST", body: "{" }, /^the body is not JSON/],
    ["/tasks/retry", post({}), /^id: none is not accepted: give the id of a task, as a text$/],
    ["/tasks/retry", post({ id: 42 }), /^id: 42 is not accepted/],
    ["/tasks/cancel", post({ id: null }), /^id: null is not accepted/],
    ["/tasks/cancel", post({ id: "" }), /^id: "" is not accepted/],
    [
      "/tasks/purge",
      post({ state: "running" }),
      /^state: "running" is not accepted: give one of waiting, delayed, done, dead$/,
    ],
    ["/tasks/purge", post(), /^state: none is not accepted/],
    ["/tasks/pause", post({ for: 5 }), /^unknown field "for": give no body, or \{\}$/],
  ];
  const app = createControlApp(masterWith({}));
  for (const [path, init, says] of requests) {
    const response = await app.request(path, init);
    assertEquals(response.status, 400, path);
    assertMatch((await response.json()).error, says);
  }
});

Deno.test("a wrong method gets 405 and the right ones, also where the path could be an id", async () => {
  const app = createControlApp(masterWith({}));
  const wrong: [path: string, method: string, allow: string][] = [
    ["/tasks", "PUT", "GET, POST"],
    ["/tasks/retry", "GET", "POST"],
    ["/tasks/list", "POST", "GET"],
    ["/tasks/42", "DELETE", "GET"],
  ];
  for (const [path, method, allow] of wrong) {
    const answer = await app.request(path, { method });
    assertEquals([path, answer.status, answer.headers.get("allow")], [path, 405, allow]);
    assertEquals(await answer.json(), {
      error: `${method} ${path} is not a command: use ${allow.replace(", ", " or ")}`,
    });
  }
  assertEquals((await app.request("/tasks/42/more")).status, 404);
});

Deno.test("a body may be as large as task-size-limit says, and as fits into a message to a worker", async () => {
  const add = async (length: number, taskSizeLimit: number) => {
    const { app } = answering("1", { taskSizeLimit });
    const response = await app.request("/tasks", post({ name: "a", payload: "x".repeat(length) }));
    const { error = "" } = await response.json();
    return [response.status, error];
  };
  assertEquals(await add(262_144, 262_144), [200, ""]);
  const [status, error] = await add(262_144 + 65_536, 262_144);
  assertEquals(status, 413);
  assertMatch(
    error,
    /^the body is larger than 320 KiB: task-size-limit is 256 KiB, and from outside at most 1000000 bytes/,
  );
  assertEquals((await add(longestRequest - 100, 64 << 20))[0], 200);
  assertEquals((await add(longestRequest, 64 << 20))[0], 413);
});

Deno.test("a payload that becomes too long for a message to a worker is refused", async () => {
  const { app } = answering("1", { taskSizeLimit: 64 << 20 });
  // JSON.stringify writes all of its digits.
  const body = `{"name":"a","payload":[${Array(100_000).fill("1e20").join(",")}]}`;
  const response = await app.request("/tasks", { method: "POST", body });
  assertEquals(response.status, 413);
  assertMatch(
    (await response.json()).error,
    /^cannot add the task: its name, payload and options have 2200\d+ bytes/,
  );
});

Deno.test("the admin address answers the same, and what is in tasks needs the token", async () => {
  const ask = () => Promise.resolve("[]");
  const status = async (path: string, init: RequestInit = {}, given: string | null = token) => {
    const app = createAdminApp(masterWith({ ask }), { token: given, isGuarded: false }, new FakeClock());
    const headers = { host: "localhost", ...init.headers };
    return (await app.request(`http://localhost${path}`, { ...init, headers })).status;
  };
  const bearer = { authorization: `Bearer ${token}` };
  assertEquals(await status("/tasks"), 200);
  assertEquals(await status("/tasks/list?state=dead"), 401);
  assertEquals(await status("/tasks/list?state=dead", {}, null), 403);
  assertEquals(await status("/tasks/list?state=dead", { headers: bearer }), 200);
  assertEquals(await status("/tasks/42"), 401);
  assertEquals(await status("/tasks/pause", { method: "POST" }), 401);
  assertEquals(await status("/tasks/pause", { method: "POST", headers: bearer }), 200);
  assertEquals(await status("/tasks/pause", { headers: bearer }), 405);
  assertEquals(await status("/tasks", { method: "POST", body: '{"name": "a"}' }), 401);
  assertEquals(await status("/tasks", { method: "POST", body: '{"name": "a"}', headers: bearer }), 200);
});
