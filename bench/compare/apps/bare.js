/** The yardstick: `Deno.serve` alone, with the app in the first argument, on the port in PORT. Also compiled. */
const { default: app } = await import(`file://${Deno.args[0]}`);
const port = Number(Deno.env.get("PORT"));
Deno.serve({ hostname: "127.0.0.1", port, reusePort: true, onListen: () => {} }, app.fetch);
