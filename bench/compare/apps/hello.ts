/** A tiny text through a router. */
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("Hello, World!"));

export default { fetch: app.fetch };
