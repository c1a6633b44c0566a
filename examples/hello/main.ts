import { Hono } from "hono";

const app = new Hono();

app.get("/", (c) => c.text("Hello, World!"));
app.get("/pid", (c) => c.text(`${Deno.pid}`));

export default app;
