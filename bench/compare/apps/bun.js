/** The app in the first argument, in one of several Bun processes on the port in PORT. */
const { default: app } = await import(process.argv[2]);
Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), reusePort: true, fetch: app.fetch });
