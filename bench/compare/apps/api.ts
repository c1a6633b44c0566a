/** A small web API: routes, JSON in and out, and a body of 10 kB. */
import { Hono } from "hono";

const app = new Hono();
const page = "0123456789".repeat(1_000);

app.get("/", (c) => c.text("Hello, World!"));
app.get("/users/:id", (c) => c.json({ id: c.req.param("id"), name: "Ada" }));
app.get("/page", (c) => c.text(page));
app.post("/users/:id/orders", async (c) => {
  const { items } = await c.req.json<{ items: readonly { price: number; count: number }[] }>();
  const total = items.reduce((sum, { price, count }) => sum + price * count, 0);
  return c.json({ user: c.req.param("id"), total, items });
});

export default { fetch: app.fetch };
