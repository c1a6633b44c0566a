/**
 * The app in APP on the port in PORT, in WORKERS processes of Node's cluster module; under PM2, which forks by itself,
 * in this process. The tiny app is written for Node; others go through Hono's adapter.
 */
import cluster from "node:cluster";
import { createServer } from "node:http";
import process from "node:process";

const { APP, PORT, WORKERS } = process.env;
if (cluster.isPrimary && WORKERS !== undefined) {
  for (let index = 0; index < Number(WORKERS); index++) cluster.fork();
} else {
  createServer(await listener()).listen(Number(PORT), "127.0.0.1");
}

async function listener() {
  if (APP.endsWith("/tiny.mjs")) {
    return (_request, response) => {
      response.setHeader("Content-Type", "text/plain");
      response.end("Hello, World!");
    };
  }
  const [{ getRequestListener }, { default: app }] = await Promise.all([
    import("./node_server.mjs"),
    import(APP),
  ]);
  return getRequestListener(app.fetch);
}
