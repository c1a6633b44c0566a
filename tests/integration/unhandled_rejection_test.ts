import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const files = {
  "main.ts": `import process from "node:process";
const seen: string[] = [];
process.on("unhandledRejection", (reason) => seen.push(String(reason)));
process.on("uncaughtException", (error) => seen.push(String(error)));
export default (request: Request) => {
  if (request.url.endsWith("/reject")) void Promise.reject(new Error("rejected"));
  if (request.url.endsWith("/throw")) setTimeout(() => { throw new Error("thrown"); });
  return Response.json(seen);
};\n`,
};

integrationTest("an app that handles uncaught errors by process.on keeps its worker", async (host) => {
  const server = host.start({ files });
  await server.ready(1);
  const [before] = await server.ready(1);
  await server.text("/reject");
  await server.text("/throw");
  await server.until("both errors", async () => (await (await server.fetch("/")).json()).length === 2);
  assertEquals(await (await server.fetch("/")).json(), ["Error: rejected", "Error: thrown"]);
  const [after] = await server.ready(1);
  assertEquals(after?.pid, before?.pid);
});
