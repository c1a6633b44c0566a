import { Hono, type HonoRequest, type MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";
import { notReadyBecause } from "../core/telemetry/server_readiness.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { Clock } from "../system/system.ts";
import { createControlApp } from "./control_app.ts";
import { endpoints } from "./endpoints.ts";
import type { RunningMaster } from "./master_commands.ts";
import { streamStatus } from "./status_stream.ts";
import { taskPaths } from "./task_routes.ts";

const prometheus = lazyModule(() => import("./prometheus.ts"));
const dashboard = lazyModule(() => import("./page/page.tsx"));

export interface AdminAccess {
  /** `null` if none is set: then nothing can be changed. */
  readonly token: string | null;
  /** Everything needs the token, not only changes. */
  readonly isGuarded: boolean;
}

/** What `GET /` returns to clients other than browsers. */
const pathList = `Denicorn

GET  /          a dashboard, for browsers
GET  /healthz   the master is alive
GET  /readyz    enough workers are ready
GET  /status    everything, as JSON
GET  /live      the same once per second, as server-sent events
GET  /history   the last 15 minutes, as JSON
GET  /metrics   for Prometheus
POST /reload    with Authorization: Bearer TOKEN
POST /scale     with Authorization: Bearer TOKEN, and {"target": 4}
POST /recycle   with Authorization: Bearer TOKEN, and {"worker": 3}
GET  /tasks     how many tasks wait, run and have failed, as JSON
POST /tasks     with Authorization: Bearer TOKEN, and {"name": "sendMail", "payload": {}}
GET  /tasks/list?state=dead  with Authorization: Bearer TOKEN
`;

/** Those that are not commands. */
const readablePaths = ["/", "/healthz", "/readyz", "/live", "/history", "/metrics"].map((path) =>
  ({ path, method: "GET" }) as const
);

/** What the admin address answers. */
export function createAdminApp(
  master: RunningMaster,
  access: AdminAccess,
  clock: Pick<Clock, "every">,
): Hono {
  const app = new Hono();
  app.use(requireToken(access));
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => {
    const reason = notReadyBecause(master.status());
    if (reason === null) return c.text("ready\n");
    // The reason may name a request. A token that is wrong does not get here.
    const isShown = isOpen(access, c.req) || c.req.header("authorization") !== undefined;
    return c.text(isShown ? `not ready: ${reason}\n` : "not ready\n", 503);
  });
  app.get("/metrics", async (c) => {
    const { prometheusText } = await prometheus();
    const { text, contentType } = await prometheusText(master.status());
    return c.body(text, 200, { "content-type": contentType });
  });
  app.get("/live", (c) =>
    c.body(streamStatus(master, clock), 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    }));
  app.get("/history", (c) => c.json(master.history(), 200, { "cache-control": "no-store" }));
  const control = createControlApp(master);
  for (const { isAdmin, method, path } of endpoints) {
    if (isAdmin === true) app.on(method, path, (c) => control.fetch(c.req.raw));
  }
  for (const { pattern } of taskPaths) app.all(pattern, (c) => control.fetch(c.req.raw));
  // Made at the first request: most masters never need it.
  let page: (() => Response) | null = null;
  app.get("/", async (c) => {
    if (!asksForPage(c.req)) return c.text(pathList, 200, { vary: "accept" });
    const { createPage } = await dashboard();
    page ??= createPage();
    return page();
  });
  const methods = new Map(
    [...readablePaths, ...endpoints.filter(({ isAdmin }) => isAdmin === true)].map(({ path, method }) =>
      [path, method] as const
    ),
  );
  for (const [path, method] of methods) {
    app.all(path, (c) => {
      c.header("Allow", method);
      return c.json({ error: `${c.req.method} ${path} is not possible: use ${method}` }, 405);
    });
  }
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 409)
  );
  app.notFound((c) => c.json({ error: `unknown path: ${c.req.method} ${c.req.path}: see GET /` }, 404));
  return app;
}

/** Refuses requests that need the token and do not have it. */
function requireToken(access: AdminAccess): MiddlewareHandler {
  const { token } = access;
  // It compares in constant time, so that the time of the answer does not reveal the token.
  const requireBearer = token === null ? null : bearerAuth({ token });
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    // The page itself contains no data, and it is the page that asks for the token. A probe, as of Kubernetes, has none.
    const isReadable = isOpen(access, c.req) || isBareProbe(c.req) || token !== null && asksForPage(c.req);
    if (isReadable && !isChange(c.req.method) && !isPrivate(c.req.path)) return await next();
    if (requireBearer !== null) return await requireBearer(c, next);
    const what = isChange(c.req.method)
      ? "changes need a token"
      : isPrivate(c.req.path)
      ? "what is in tasks needs a token"
      : `requests for the host ${JSON.stringify(host)} need a token, since other machines may have that name`;
    return c.json({ error: `${what}: start the server with admin-token-file or admin-token` }, 403);
  };
}

/** True if everybody who can send this request may read: other users of this machine, and no other machine. */
function isOpen({ isGuarded }: AdminAccess, request: HonoRequest): boolean {
  return !isGuarded && isOwnName(request.header("host") ?? "");
}

/** True for a probe that sends no token, such as those of Kubernetes, which cannot read one from a secret. */
function isBareProbe(request: HonoRequest): boolean {
  const isProbe = request.path === "/healthz" || request.path === "/readyz";
  return isProbe && request.header("authorization") === undefined;
}

/**
 * True for a host that only this machine can have. A web page could make a name of its own point to this machine and
 * then read, from its visitor's browser, what is open to this machine alone (DNS rebinding). Browsers always send the
 * host they ask for.
 */
function isOwnName(host: string): boolean {
  return /^(|localhost|.*\.localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host);
}

function isChange(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** True for the tasks of the app, with their payloads: other users of the machine must not read them. */
function isPrivate(path: string): boolean {
  return path.startsWith("/tasks/");
}

/** True for a browser that opens the dashboard. */
function asksForPage(request: HonoRequest): boolean {
  const { method, path } = request;
  return (method === "GET" || method === "HEAD") && path === "/" &&
    (request.header("accept") ?? "").includes("text/html");
}
