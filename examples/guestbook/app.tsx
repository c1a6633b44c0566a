/** @jsxImportSource hono/jsx */
/** The guestbook as a Hono app. Its dependencies are arguments, so that tests run it without a port. */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { GuestbookPage, SorryPage } from "./pages.tsx";
import { complaintsOf, listQuery, newEntry, pageQuery } from "./schema.ts";
import type { Store } from "./store.ts";

const entriesPerPage = 10;

export interface GuestbookOptions {
  readonly store: Store;
  readonly style: string;
  /** Shown on the page: it differs from worker to worker. */
  readonly workerPid: number;
}

export function createGuestbook({ store, style, workerPid }: GuestbookOptions): Hono {
  const app = new Hono();

  // The pages load everything from this server: no script, no frame, nothing from another host.
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["data:"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // Only the server in front knows whether TLS is used.
    strictTransportSecurity: false,
  }));
  app.use(bodyLimit({ maxSize: 64 * 1024 }));

  app.get("/", zValidator("query", pageQuery), (c) => {
    const { before } = c.req.valid("query");
    const page = store.page({ before, limit: entriesPerPage });
    return c.html(<GuestbookPage page={page} isFirst={before === undefined} workerPid={workerPid} />);
  });

  const entryForm = zValidator("form", newEntry, (result, c) => {
    if (result.success) return undefined;
    const page = store.page({ before: undefined, limit: entriesPerPage });
    return c.html(
      <GuestbookPage
        page={page}
        isFirst
        workerPid={workerPid}
        draft={{ values: result.data, complaints: complaintsOf(result.error) }}
      />,
      422,
    );
  });
  app.post("/entries", entryForm, (c) => {
    store.add(c.req.valid("form"));
    // "See other": reloading the page does not post the form again.
    return c.redirect("/", 303);
  });

  const listRequest = zValidator("query", listQuery, (result, c) => {
    return result.success ? undefined : c.json({ errors: complaintsOf(result.error) }, 422);
  });
  app.get("/api/entries", listRequest, (c) => c.json(store.page(c.req.valid("query"))));

  const entryJson = zValidator("json", newEntry, (result, c) => {
    return result.success ? undefined : c.json({ errors: complaintsOf(result.error) }, 422);
  });
  app.post("/api/entries", entryJson, (c) => c.json(store.add(c.req.valid("json")), 201));

  // For a load balancer: this worker and its database respond.
  app.get("/healthz", (c) => {
    store.check();
    return c.text("ok");
  });

  app.get("/style.css", (c) => {
    c.header("content-type", "text/css; charset=utf-8");
    c.header("cache-control", "max-age=300");
    return c.body(style);
  });

  app.notFound((c) =>
    c.html(<SorryPage title="Not found">There is no page at this address.</SorryPage>, 404)
  );

  app.onError((error, c) => {
    // A bad request: a body that is not JSON or is too large.
    if (error instanceof HTTPException) return error.getResponse();
    console.error(error);
    return c.html(
      <SorryPage title="Something broke">Your entry is not saved. Please try again.</SorryPage>,
      500,
    );
  });
  return app;
}
