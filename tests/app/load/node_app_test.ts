import { createServer } from "node:http";
import { createServer as createNetServer } from "node:net";
import { createServer as createHttpsServer } from "node:https";
import { validateApp } from "../../../src/app/load/validate_app.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { nodeHttp } from "../../../src/system/network/deno_node_http.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../../assert.ts";

function open(app: unknown, type: "auto" | "node" = "auto") {
  const found = validateApp({ default: app }, "default", "main.ts", type);
  if (found.kind !== "node") throw new Error("taken for fetch");
  return found.open(nodeHttp);
}

const listen = () => {};
const handler = () => {};

Deno.test("an Express app is a function with listen", async () => {
  const app = Object.assign(() => {}, { listen });
  assertEquals((await open(app)).listeners("request"), [app]);
});

Deno.test("a Koa app makes its handler by callback()", async () => {
  const app = { listen, emit: () => true, callback: () => handler };
  assertEquals((await open(app)).listeners("request"), [handler]);
});

Deno.test("a Fastify instance is made ready before its server is used", async () => {
  const steps: string[] = [];
  const app = { listen, server: createServer(), ready: () => Promise.resolve(steps.push("ready")) };
  assertStrictEquals(await open(app), app.server);
  assertEquals(steps, ["ready"]);
});

Deno.test("a NestJS app is initialised before its server is used", async () => {
  const server = createServer();
  const steps: string[] = [];
  const app = { listen, getHttpServer: () => server, init: () => Promise.resolve(steps.push("init")) };
  assertStrictEquals(await open(app), server);
  assertEquals(steps, ["init"]);
});

Deno.test("a server of node:http is the app", async () => {
  const server = createServer(handler);
  assertStrictEquals(await open(server), server);
});

Deno.test("a function of two arguments is one for node:http only if that is said", async () => {
  assertEquals(validateApp({ default: handler }, "default", "main.ts").kind, "fetch");
  assertEquals((await open(handler, "node")).listeners("request"), [handler]);
});

for (
  const [what, server, says] of [
    ["node:net", createNetServer(), "is not one of node:http"],
    ["node:https", createHttpsServer(), "is one of node:https"],
  ] as const
) {
  Deno.test(`a server of ${what} is refused`, async () => {
    const error = await assertRejects(() => open(server), DenicornError, says);
    assertEquals(error.code, "app-export-kind");
  });
}
