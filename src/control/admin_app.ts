import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";
import { notReadyBecause } from "../core/telemetry/readiness.ts";
import type { Clock } from "../system/system.ts";
import { asksForPage, createAdminPages } from "./admin_pages.ts";
import type { Commands } from "./commands.ts";
import { createControlApp } from "./control_app.ts";
import { streamStatus } from "./status_stream.ts";

export interface AdminAccess {
  /** `null` where none is set: then nothing can be changed. */
  readonly token: string | null;
  /** Whether everything takes the token, not only changes. */
  readonly isGuarded: boolean;
}

/** What is asked of the control socket in the same way: by path, with its method. */
const shared = { "/status": "GET", "/reload": "POST", "/scale": "POST" } as const;

/** What the admin address answers. */
export function createAdminApp(
  commands: Commands,
  { token, isGuarded }: AdminAccess,
  clock: Pick<Clock, "every">,
): Hono {
  const app = new Hono();
  // Compares in a time that does not depend on how much of the token is right.
  const guard = token === null ? null : bearerAuth({ token });
  app.use(async (c, next) => {
    const host = c.req.header("host") ?? "";
    // The page tells nothing by itself, and it is what asks a person for the token.
    const isOpen = asksForPage(c.req) || !isGuarded && isOwnName(host);
    if (isOpen && !isChange(c.req.method)) return await next();
    if (guard !== null) return await guard(c, next);
    const what = isChange(c.req.method)
      ? "changes take"
      : `${JSON.stringify(host)} is no name of this machine alone: it takes`;
    return c.json({ error: `${what} a token: start the server with admin-token-file or admin-token` }, 403);
  });

  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => {
    const reason = notReadyBecause(commands.status());
    return reason === null ? c.text("ready\n") : c.text(`not ready: ${reason}\n`, 503);
  });
  app.get("/metrics", async (c) => {
    const { prometheusText } = await import("./prometheus.ts");
    const { text, contentType } = await prometheusText(commands.status());
    return c.body(text, 200, { "content-type": contentType });
  });
  app.get("/live", (c) =>
    c.body(streamStatus(commands, clock), 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    }));
  const control = createControlApp(commands);
  for (const [path, method] of Object.entries(shared)) app.on(method, path, (c) => control.fetch(c.req.raw));
  app.route("/", createAdminPages());
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 409)
  );
  app.notFound((c) => c.json({ error: `nothing here: ${c.req.method} ${c.req.path}: try GET /` }, 404));
  return app;
}

/**
 * Whether no stranger's name server can answer for this host. Else a web page whose name suddenly means this machine
 * could read, from its visitor's browser, what is open to this machine alone (DNS rebinding). Browsers always say
 * which host they ask.
 */
function isOwnName(host: string): boolean {
  return /^(|localhost|.*\.localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host);
}

function isChange(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}
