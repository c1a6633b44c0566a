import { Hono } from "hono";
import type { Status } from "../core/status.ts";

/** What the control socket answers; `status` is asked anew for every request. */
export function createControlApp(status: () => Status): Hono {
  const app = new Hono();
  app.get("/status", (c) => c.json(status()));
  app.notFound((c) =>
    c.json({ error: `no such command: ${c.req.method} ${c.req.path}: try GET /status` }, 404)
  );
  return app;
}
