import { validateApp } from "../../../src/app/load/validate_app.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import type { FetchHandler, RequestInfo } from "../../../src/system/system.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "../../assert.ts";

const request = new Request("http://app.test/");
const info: RequestInfo = { remoteAddr: { transport: "tcp" }, completed: Promise.resolve() };
const kinds = "an app is an object with fetch(request, info), such as a Hono app, or a function " +
  "(request, info) => Response, or an Express, Fastify or Koa app, or a server of node:http";

function fetchOf(module: Record<string, unknown>, exportName: string): FetchHandler {
  const app = validateApp(module, exportName, "main.ts");
  if (app.kind !== "fetch") throw new Error("taken for an app of node:http");
  return app.fetch;
}

Deno.test("an object with fetch: called as its method, with both arguments", async () => {
  const app = {
    greeting: "hi",
    fetch(request: Request, { remoteAddr }: RequestInfo) {
      return new Response(`${this.greeting} ${request.method} ${remoteAddr.transport}`);
    },
  };
  const response = await fetchOf({ default: app }, "default")(request, info);
  assertEquals(await response.text(), "hi GET tcp");
});

Deno.test("an instance whose fetch is inherited", async () => {
  class App {
    #secret = "own";
    fetch() {
      return new Response(this.#secret);
    }
  }
  const response = await fetchOf({ app: new App() }, "app")(request, info);
  assertEquals(await response.text(), "own");
});

Deno.test("a function is used as it is", () => {
  const app = () => new Response();
  assertStrictEquals(fetchOf({ default: app }, "default"), app);
});

Deno.test("of a function that has fetch, its fetch is used", async () => {
  const app = Object.assign(() => new Response("call"), { fetch: () => new Response("fetch"), listen() {} });
  const response = await fetchOf({ default: app }, "default")(request, info);
  assertEquals(await response.text(), "fetch");
});

for (
  const [value, description] of [
    [42, "a number (42)"],
    [true, "a boolean (true)"],
    [1n, "a bigint"],
    ["text", `a string ("text")`],
    ["x".repeat(99), `a string ("${"x".repeat(40)}…")`],
    [undefined, "undefined"],
    [null, "null"],
    [[1], "an array"],
    [{}, "an object without fetch (no keys)"],
    [{ a: 1, b: 2 }, "an object without fetch (keys: a, b)"],
    [
      Object.fromEntries([..."abcdefghij"].map((key) => [key, 1])),
      "an object without fetch (keys: a, b, c, d, e, f, g, h, …)",
    ],
    [{ fetch: "no" }, "an object whose fetch is not a function but of type string"],
    [Promise.resolve(), "a promise (await it before exporting)"],
    [new Response(), "a Response (export a function that returns one)"],
    [class App {}, "a class (App), not an instance of it"],
    [
      class {
        static fetch() {}
      },
      "a class (without name), not an instance of it",
    ],
  ] as const
) {
  Deno.test(`no app: ${description}`, () => {
    const error = assertThrows(() => validateApp({ default: value }, "default", "main.ts"), DenicornError);
    assertEquals(error.code, "app-export-kind");
    assertEquals(
      error.message,
      `cannot load the app: the default export of main.ts is ${description}: ${kinds}`,
    );
  });
}

Deno.test("the export's name is in the message", () => {
  const error = assertThrows(() => validateApp({ web: 1 }, "web", "main.ts"), DenicornError);
  assertEquals(error.message, `cannot load the app: the export "web" of main.ts is a number (1): ${kinds}`);
});

Deno.test("a missing export", () => {
  const error = assertThrows(() => validateApp({ a: 1, b: 2 }, "default", "main.ts"), DenicornError);
  assertEquals(error.code, "app-export-missing");
  assertEquals(error.message, 'cannot load the app: main.ts has no export "default": it exports a, b');
});

Deno.test("an object may say where it is to be served", () => {
  class App {
    get port() {
      return 1;
    }
    fetch = () => new Response();
  }
  const fetch = () => new Response();
  const asked = (app: object) => {
    const found = validateApp({ default: app }, "default", "main.ts");
    return found.kind === "fetch" ? found.asks : "node";
  };
  assertEquals(asked({ fetch }), undefined);
  assertEquals(asked(new App()), undefined);
  assertEquals(asked({ fetch, port: null, hostname: undefined, onListen: "x" }), undefined);
  assertEquals(asked({ fetch, port: "3000" }), { port: "3000", hostname: undefined, onListen: undefined });
  assertEquals(asked(Object.assign(new App(), { hostname: "::1" })), {
    port: undefined,
    hostname: "::1",
    onListen: undefined,
  });
});
