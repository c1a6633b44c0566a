/** The hello example without Denicorn, as the yardstick. It listens on `PORT`. */
import app from "../../examples/hello/main.ts";

const port = Number(Deno.env.get("PORT"));
Deno.serve({ hostname: "127.0.0.1", port, reusePort: true, onListen: () => {} }, app.fetch);
