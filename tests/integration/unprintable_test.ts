/** What an app throws or answers may be impossible to print: that costs it one request or one worker, like any error. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

/** Expressions for values that are hard to print. */
const values: Readonly<Record<string, string>> = {
  bare: "Object.create(null)",
  proxy: "new Proxy({}, { get: fails, getPrototypeOf: fails, ownKeys: fails, has: fails })",
  "proxy-of-error": "new Proxy(new Error('inside'), { get: fails, getPrototypeOf: fails })",
  then: "({ get then() { return fails(); } })",
  getters: "Object.defineProperties(new Error(), Object.fromEntries(" +
    "['message', 'stack', 'name', 'cause'].map((name) => [name, { get: fails }])))",
  parts: "Object.assign(new Error(), { message: Symbol('x'), name: Object.create(null), stack: 7 })",
  text: "({ toString: fails })",
  symbol: "Symbol('symbol')",
  null: "null",
};

const fails = "const fails = () => { throw new Error('from a trap'); };\n";

const app = `${fails}
const values: Record<string, () => unknown> = {
${Object.entries(values).map(([name, value]) => `  ${JSON.stringify(name)}: () => ${value},`).join("\n")}
};
class Odd extends Response {
  override get status(): number { return fails() as never; }
  override get headers(): Headers { return fails() as never; }
}
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  const [, how = "", name = ""] = pathname.split("/");
  switch (how) {
    case "throw": throw values[name]!();
    case "answer": return values[name]!() as Response;
    case "odd": return new Odd("odd");
    case "locked": {
      const response = new Response("text");
      response.body!.getReader();
      return response;
    }
    case "locked-stream": {
      const stream = new ReadableStream();
      const response = new Response(stream);
      stream.getReader();
      return response;
    }
    case "later": setTimeout(() => { throw values[name]!(); });
  }
  return new Response(String(Deno.pid));
};\n`;

for (const args of [[], ["--access-logfile", "access.log", "--log-format", "json"]]) {
  testOnOneTarget(
    `a value that cannot be printed costs one request${args.length > 0 ? ", with logs as JSON" : ""}`,
    async (host) => {
      const server = host.start({ files: { "main.ts": app }, args });
      const [worker] = await server.ready(1);
      const paths = [
        ...Object.keys(values).flatMap((name) => [`/throw/${name}`, `/answer/${name}`]),
        "/locked",
        "/locked-stream",
      ];
      for (const path of paths) {
        const from = server.stderr.length;
        const response = await server.fetch(path);
        assertEquals([path, response.status, await response.text()], [path, 500, "Internal Server Error"]);
        await server.logged(
          new RegExp(`GET ${path}( \\(request id \\S+\\))?: the app (threw|answered)`),
          from,
        );
        const lines = server.stderr.slice(from).match(/^\S+ error  |"level":"error"/gm);
        assertEquals(lines?.length, 1, server.stderr.slice(from));
      }
      assertEquals(await server.text("/odd"), "odd");
      assertEquals(await server.text(), String(worker!.pid), server.stderr);
      assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
    },
  );
}

testOnOneTarget("a value that cannot be printed and that nothing catches costs its worker", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  for (const name of ["bare", "parts", "proxy"]) {
    const [worker] = await server.ready(1);
    // The runtime itself does not survive a Proxy that throws, before any handler is called.
    await server.text(`/later/${name}`).catch(() => {});
    await server.until("the replacement", async () => {
      const workers = (await server.status())?.workers ?? [];
      return workers.length === 1 && workers[0]!.state === "ready" && workers[0]!.pid !== worker!.pid;
    });
  }
  assertMatch(
    server.stderr,
    /finishing: uncaught error in the app; replacing it now\n +\{\}/,
  );
  assertMatch(await server.text(), /^\d+$/);
});

testOnOneTarget(
  "a value that cannot be printed and that is thrown at import is an error of the app",
  async (host) => {
    for (const [name, value] of Object.entries(values)) {
      // The runtime itself does not survive such an error at the top level of a module.
      if (name === "getters" || name === "parts") continue;
      host.write({
        "main.ts": `${fails}throw ${value};\nexport default () => new Response();`,
        "later.ts":
          `${fails}Promise.reject(${value});\nawait new Promise(() => setInterval(() => {}, 1_000));\nexport default 1;`,
      });
      for (const file of ["main.ts", "later.ts"]) {
        const { code, stderr } = await host.run(["check", file]);
        assertEquals([name, code], [name, 4], stderr);
        assertMatch(
          stderr,
          new RegExp(`cannot load the app: ${file}.*: it throws while it is imported: `),
          name,
        );
      }
    }
  },
);

testOnOneTarget("an export that cannot be read is an error of the app", async (host) => {
  for (const name of ["bare", "proxy", "text", "symbol"]) {
    host.write({ "main.ts": `${fails}export default ${values[name]};` });
    const { code, stderr } = await host.run(["check", "main.ts"]);
    assertEquals([name, code], [name, 4], stderr);
    assertMatch(stderr, /cannot load the app: the default export of main\.ts (is|cannot be read)/);
  }
});

testOnOneTarget("a ready check and a config that throw such a value name the cause", async (host) => {
  const notReady = `${fails}export default () => { throw ${values["getters"]}; };`;
  const server = host.start({
    files: { "main.ts": notReady },
    args: ["--ready-path", "/", "--boot-timeout", "4"],
  });
  assertEquals((await server.exit()).code, 3, server.stderr);
  assertMatch(server.stderr, /\/ \(ready-path\) threw Error: its message cannot be read/);
  for (const name of ["bare", "proxy", "text"]) {
    host.write({
      "denicorn.config.ts": `${fails}throw ${values[name]};\nexport default {};`,
      "main.ts": notReady,
    });
    const { code, stderr } = await host.run(["check", "main.ts"]);
    assertEquals([name, code], [name, 2], stderr);
    // Deno 2.7 does not survive all of them itself.
    assertMatch(
      stderr,
      /cannot load the config file: .*denicorn\.config\.ts.*: it(s process was killed| throws: .)/,
    );
  }
});

testOnOneTarget("a body that fails is logged with method and path", async (host) => {
  const server = host.start({
    files: {
      "main.ts": `export default (request: Request) => {
  if (new URL(request.url).pathname === "/") return new Response(String(Deno.pid));
  return new Response(new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode("some"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.error(Object.assign(Object.create(null), { code: 5 }));
    },
  }));
};`,
    },
  });
  const [worker] = await server.ready(1);
  const response = await server.fetch("/broken?secret=1");
  await response.text().catch(() => {});
  await server.logged(
    /error .*  GET \/broken: the body of the response failed\n +\{ code: 5 \}/,
  );
  assert(!server.stderr.includes("secret"));
  assertEquals(await server.text(), String(worker!.pid), server.stderr);
});
