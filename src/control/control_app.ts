import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { DenicornError } from "../core/errors.ts";
import type { HttpCommand } from "../core/operator_commands.ts";
import { taskCommandList } from "../core/tasks/task_commands.ts";
import { type NotAppliedSetting, notAppliedText } from "../settings/resolve.ts";
import { namedSettings } from "../settings/settings.ts";
import { type DescribedWorker, type Done, endpoints, type Failed } from "./endpoints.ts";
import { streamEvents } from "./event_stream.ts";
import { type Operation, Refusal, type RunningMaster, type SettingInForce } from "./master_commands.ts";
import { readBody, readOpenBody } from "./request_body.ts";
import { parseScaleAmount, scaleAccepts } from "./scale_amount.ts";
import { addTaskRoutes, longestRequest } from "./task_routes.ts";

type Answer = (c: Context) => Response | Promise<Response>;

/** In bytes; the longest body holds one path, but for that of a task. */
const maxBodySize = 65_536;

const refusalStatus = { malformed: 400, missing: 404, conflict: 409, large: 413 } as const;

/** What the control socket answers. */
export function createControlApp(master: RunningMaster): Hono {
  const app = new Hono();
  const answers = answersOf(master);
  // A body of 300 MB took 900 MB of the master, which keeps them.
  const limit = limitBody(maxBodySize, "the body is larger than 64 KiB: no command needs that much");
  app.use((c, next) => c.req.path === "/tasks" ? limitTask(master)(c, next) : limit(c, next));
  for (const { name, method, path } of endpoints) {
    app.on(method, path, answers[name]);
    app.all(path, (c) => {
      c.header("Allow", method);
      return c.json(failed(`${c.req.method} ${path} is not a command: use ${method}`), 405);
    });
  }
  addTaskRoutes(app, master);
  app.notFound((c) => {
    const commands = endpoints.filter(({ isInternal }) => isInternal !== true);
    const known = [...commands, ...taskCommandList.map(({ http }) => http)]
      .map(({ method, path }) => `${method} ${path}`).join(", ");
    return c.json(failed(`${c.req.method} ${c.req.path} is not a command: use one of ${known}`), 404);
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(failed(error.message), refusalStatus[error.why]);
    if (!(error instanceof DenicornError)) return c.json(failed(error.message), 409);
    const { message, code, exitCode, detail } = error;
    return c.json({ error: message, code, exitCode, detail } satisfies Failed, 500);
  });
  return app;
}

function limitBody(maxSize: number, message: string): MiddlewareHandler {
  return bodyLimit({ maxSize, onError: (c) => c.json(failed(message), 413) });
}

/** For a task with its payload. */
function limitTask({ commands: { settings: { taskSizeLimit } } }: RunningMaster): MiddlewareHandler {
  const size = Math.min(taskSizeLimit + maxBodySize, longestRequest);
  return limitBody(
    size,
    `the body is larger than ${Math.floor(size / 1024)} KiB: task-size-limit is ${
      Math.floor(taskSizeLimit / 1024)
    } KiB, and ` +
      `from outside at most ${longestRequest} bytes are possible: store the data elsewhere and give its place`,
  );
}

function answersOf(master: RunningMaster): Readonly<Record<HttpCommand, Answer>> {
  const { commands, operations } = master;
  const run = (name: Parameters<typeof operations.run>[0]) => async (c: Context) => {
    const isWaited = waits(c);
    await fieldsOf(c, []);
    const notApplied = () => name === "reload" ? commands.notApplied : [];
    return await conclude(c, operations.run(name), isWaited, notApplied);
  };
  return {
    status: (c) => c.json(master.status()),
    workers: (c) => c.json(master.status().workers),
    async worker(c) {
      const given = c.req.query("number") ?? "";
      if (!/^\d{1,9}$/.test(given)) {
        throw new Refusal(
          "malformed",
          `number: ${JSON.stringify(given)} is not accepted: give the number of a worker`,
        );
      }
      const number = Number(given);
      const report = await master.workers.describe(number);
      const worker = master.status().workers.find(({ slot }) => slot === number) ?? null;
      return c.json({ worker, ...report } satisfies DescribedWorker);
    },
    settings: (c) => c.json(settingsInForce(master)),
    events(c) {
      const stream = streamEvents(commands.eventLog, lastSeen(c.req.header("Last-Event-ID")));
      return c.body(stream, 200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    },
    reload: run("reload"),
    upgrade: run("upgrade"),
    async scale(c) {
      const isWaited = waits(c);
      const { target } = await fieldsOf(c, ["target"]);
      const amount = parseScaleAmount(target);
      if (amount === null) {
        throw new Refusal(
          "malformed",
          `target: ${JSON.stringify(target) ?? "none"} is not accepted: give ${scaleAccepts}`,
        );
      }
      return await conclude(c, operations.scale(amount), isWaited);
    },
    async recycle(c) {
      const { worker } = await fieldsOf(c, ["worker"]);
      // `denicorn ctl` gives its operand as it is.
      const slot = typeof worker === "string" && /^\d{1,9}$/.test(worker) ? Number(worker) : worker;
      if (typeof slot !== "number" || !Number.isInteger(slot) || slot < 0) {
        const shown = JSON.stringify(worker) ?? "none";
        throw new Refusal("malformed", `worker: ${shown} is not accepted: give the number of a worker`);
      }
      // As an event, so that the master reconciles after it.
      await new Promise<void>((resolve, reject) => {
        const begin = () => Promise.try(() => commands.recycle(slot)).then(resolve, reject);
        commands.post({ type: "command", begin: () => void begin() });
      });
      const message = `worker ${slot} is drained as soon as a new one is ready`;
      return c.json({ state: "accepted", message } satisfies Done, 202);
    },
    async reopen(c) {
      await fieldsOf(c, []);
      const failure = commands.reopenLogs();
      if (failure !== null) throw failure;
      return c.json(done("logs reopened"));
    },
    async stop(c) {
      const { now = false } = await fieldsOf(c, ["now"]);
      if (typeof now !== "boolean") throw new Refusal("malformed", "now: give true or false");
      if (commands.phase === "retiring") {
        throw new Refusal("conflict", "cannot stop: a new master serves: try again");
      }
      const begin = () => {
        // Unlike a second TERM, which may come from a terminal, a repeated request does not ask for more.
        if (now || commands.phase !== "stopping") commands.stop(now ? "quick" : "graceful");
      };
      // As an event, so that the master reconciles after it.
      commands.post({ type: "command", begin });
      return c.json({ state: "accepted", message: now ? "stopping now" : "stopping" } satisfies Done, 202);
    },
    async handover(c) {
      const { fdInbox } = readOpenBody(await c.req.text(), ["fdInbox"]);
      if (fdInbox !== null && typeof fdInbox !== "string") {
        throw new Refusal("malformed", "fdInbox: give a path or null");
      }
      return c.json(commands.handOver(fdInbox));
    },
    counters: (c) => c.json(master.handOverCounters()),
    async retire(c) {
      // An older successor sends no body.
      const { lastStatus } = readOpenBody(await c.req.text(), ["lastStatus"]);
      // Without an upgrade this master would keep serving, without a control socket and an admin address.
      if (commands.phase !== "upgrading") {
        throw new Refusal("conflict", "cannot retire: no upgrade is in progress, this master keeps serving");
      }
      const { lateChanges } = commands;
      if (typeof lastStatus === "string") master.leaveStatusAt(lastStatus);
      commands.post({ type: "retire" });
      return c.json(lateChanges);
    },
  };
}

function settingsInForce({ commands: { settings } }: RunningMaster): SettingInForce[] {
  return namedSettings.map(({ key, name, plain, show }) => {
    const value = settings[key];
    return { name, value: plain(value), shown: show(value) };
  });
}

/** Answers at the end if `isWaited`, else at once. A command that fails at once is not answered with `accepted`. */
async function conclude(
  c: Context,
  { finished, isWaiting, waitsFor = null }: Operation,
  isWaited: boolean,
  notApplied: () => readonly NotAppliedSetting[] = () => [],
): Promise<Response> {
  if (isWaited) return c.json(doneExcept(await finished, notApplied()));
  const first = isWaiting ? "the command before it is done" : waitsFor;
  const message = first === null ? "it has begun" : `it begins when ${first}`;
  const end = await Promise.race([finished, Promise.resolve().then(() => null)]);
  if (end !== null) return c.json(done(end));
  return c.json({ state: "accepted", message } satisfies Done, 202);
}

async function fieldsOf(c: Context, fields: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return readBody(await c.req.text(), fields);
}

function waits(c: Context): boolean {
  const wait = c.req.query("wait") ?? "0";
  if (wait !== "0" && wait !== "1") {
    throw new Refusal("malformed", `wait: ${JSON.stringify(wait)} is not accepted: give 1`);
  }
  return wait === "1";
}

/** Anything that is not an id asks for all retained events. */
function lastSeen(header: string | undefined): number {
  return /^\d{1,15}$/.test(header ?? "") ? Number(header) : 0;
}

function done(message: string): Done {
  return { state: "done", message };
}

/** An operator must not take a reload for complete that left out a setting. */
function doneExcept(message: string, notApplied: readonly NotAppliedSetting[]): Done {
  if (notApplied.length === 0) return done(message);
  return { ...done([message, ...notApplied.map(notAppliedText)].join("; ")), notApplied };
}

function failed(error: string): Failed {
  return { error };
}
