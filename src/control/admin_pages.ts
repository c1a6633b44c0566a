import { Hono, type HonoRequest } from "hono";

const text = `Denicorn

GET  /          a dashboard, for browsers
GET  /healthz   the master is alive
GET  /readyz    enough workers are ready
GET  /status    everything, as JSON
GET  /live      the same once per second, as server-sent events
GET  /metrics   for Prometheus
POST /reload    with Authorization: Bearer TOKEN
POST /scale     with Authorization: Bearer TOKEN, and {"target": 4}
`;

/** True for a browser that opens the dashboard. */
export function asksForPage(request: HonoRequest): boolean {
  const { method, path } = request;
  return (method === "GET" || method === "HEAD") && path === "/" &&
    (request.header("accept") ?? "").includes("text/html");
}

/** What `GET /` returns: the dashboard to browsers, a list of paths to other clients. */
export function createAdminPages(): Hono {
  const pages = new Hono();
  // Made at the first request: most masters never need it.
  let page: Promise<() => Response> | null = null;
  pages.get("/", async (c) => {
    if (!asksForPage(c.req)) return c.text(text, 200, { vary: "accept" });
    page ??= import("./page/page.tsx").then(({ createPage }) => createPage());
    return (await page)();
  });
  return pages;
}
