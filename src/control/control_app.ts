import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { DenicornError } from "../core/errors.ts";
import { type Commands, type Operation, Refusal } from "./commands.ts";
import { type Done, type EndpointName, endpoints, type Failed } from "./endpoints.ts";
import { streamEvents } from "./event_stream.ts";
import { readBody, readOpenBody } from "./request_body.ts";
import { parseScaleAmount, scaleAccepts } from "./scale_amount.ts";

type Answer = (c: Context) => Response | Promise<Response>;

/** In bytes; the longest there is holds one path. */
const largestBody = 65_536;

/** What the control socket answers. */
export function createControlApp(commands: Commands): Hono {
  const app = new Hono();
  const answers = answersOf(commands);
  // A body of 300 MB took 900 MB of the master, which keeps them.
  app.use(bodyLimit({
    maxSize: largestBody,
    onError: (c) => c.json(failed("the body is larger than 64 KiB: no command takes so much"), 413),
  }));
  for (const { method, path } of endpoints) {
    app.on(method, path, answers[`${method} ${path}` as EndpointName]);
  }
  for (const path of new Set(endpoints.map(({ path }) => path))) {
    const allowed = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
    app.all(path, (c) => {
      c.header("Allow", allowed.join(", "));
      return c.json(failed(`${c.req.method} ${path} is no command: use ${allowed.join(" or ")}`), 405);
    });
  }
  app.notFound((c) => {
    const paths = endpoints.filter((endpoint) => !("internal" in endpoint)).map(({ method, path }) =>
      `${method} ${path}`
    );
    return c.json(failed(`no such command: ${c.req.method} ${c.req.path}: try ${paths.join(", ")}`), 404);
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json(failed(error.message), error.why === "malformed" ? 400 : 409);
    if (!(error instanceof DenicornError)) return c.json(failed(error.message), 409);
    const { message, code, exitCode, detail } = error;
    return c.json({ error: message, code, exitCode, detail } satisfies Failed, 500);
  });
  return app;
}

function answersOf(commands: Commands): Readonly<Record<EndpointName, Answer>> {
  return {
    "GET /status": (c) => c.json(commands.status()),
    "GET /workers": (c) => c.json(commands.status().workers),
    "GET /settings": (c) => c.json(commands.settings()),
    "GET /events"(c) {
      const stream = streamEvents(commands, lastSeen(c.req.header("Last-Event-ID")));
      return c.body(stream, 200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    },
    async "POST /reload"(c) {
      const isWaited = waits(c);
      await fieldsOf(c, []);
      return await conclude(c, commands.reload(), isWaited);
    },
    async "POST /scale"(c) {
      const isWaited = waits(c);
      const { target } = await fieldsOf(c, ["target"]);
      const amount = parseScaleAmount(target);
      if (amount === null) {
        throw new Refusal(
          "malformed",
          `target: ${JSON.stringify(target) ?? "none"} is not accepted: give ${scaleAccepts}`,
        );
      }
      return await conclude(c, commands.scale(amount), isWaited);
    },
    async "POST /upgrade"(c) {
      const isWaited = waits(c);
      await fieldsOf(c, []);
      return await conclude(c, commands.upgrade(), isWaited);
    },
    async "POST /reopen"(c) {
      await fieldsOf(c, []);
      commands.reopen();
      return c.json(done("logs reopened"));
    },
    async "POST /stop"(c) {
      const { now = false } = await fieldsOf(c, ["now"]);
      if (typeof now !== "boolean") throw new Refusal("malformed", "now: give true or false");
      commands.stop(now ? "quick" : "graceful");
      return c.json({ state: "accepted", message: now ? "stopping now" : "stopping" } satisfies Done, 202);
    },
    async "POST /handover"(c) {
      const { fdInbox } = readOpenBody(await c.req.text(), ["post"]);
      if (fdInbox !== null && typeof fdInbox !== "string") {
        throw new Refusal("malformed", "post: give a path or null");
      }
      return c.json(commands.handOver(fdInbox));
    },
    "POST /retire"(c) {
      commands.retire();
      return c.json({});
    },
  };
}

/** Answers at the end if that is waited for. A command that could not even begin is never accepted. */
async function conclude(
  c: Context,
  { finished, isWaiting, obstacle = null }: Operation,
  isWaited: boolean,
): Promise<Response> {
  if (isWaited) return c.json(done(await finished));
  const first = isWaiting ? "the command before it is done" : obstacle;
  const pending = first === null ? "it has begun" : `it begins when ${first}`;
  const end = await Promise.race([finished, Promise.resolve().then(() => null)]);
  if (end !== null) return c.json(done(end));
  return c.json({ state: "accepted", message: pending } satisfies Done, 202);
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

/** An id that is none asks for all that are kept. */
function lastSeen(header: string | undefined): number {
  return /^\d{1,15}$/.test(header ?? "") ? Number(header) : 0;
}

function done(message: string): Done {
  return { state: "done", message };
}

function failed(error: string): Failed {
  return { error };
}
