import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const args = ["--ready-path", "/healthz", "-w", "2"];

/** An app that answers `/healthz` with `status` and every other path with `text`. */
const app = (text: string, status: string) => `
let asked = 0;
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname !== "/healthz") return new Response(${JSON.stringify(text)});
  asked++;
  return new Response(String(asked), { status: ${status} });
};\n`;

testOnOneTarget("a worker does not listen before ready-path answers 2xx", async (host) => {
  const status = `(await Deno.stat("go").catch(() => null)) === null ? 503 : 204`;
  const text = app("one", status).replace("String(asked)", "null");
  const server = host.start({ files: { "main.ts": text }, args });
  await server.until("booting workers", async () => (await server.status())?.workers.length === 2);
  // A boot takes less time than this.
  const later = performance.now() + 1_000;
  await server.until("time to pass", () => performance.now() > later);
  const states = (await server.status())?.workers.map(({ state }) => state);
  assertEquals([states, (await server.status())?.phase], [["booting", "booting"], "starting"]);
  assert(await Deno.connect({ hostname: "127.0.0.1", port: server.port }).then(() => false, () => true));
  host.write({ go: "" });
  const workers = await server.ready(2);
  assertEquals(workers.map(({ requests }) => requests), [0, 0]);
  assertEquals(await server.text(), "one");
});

testOnOneTarget("an app that is never ready at the start ends the server with exit code 3", async (host) => {
  const files = { "main.ts": app("one", "503") };
  const server = host.start({ files, args: [...args, "--boot-timeout", "2"] });
  assertEquals((await server.exit()).code, 3);
  assertMatch(server.stderr, /\/healthz \(ready-path\) answered 503 until boot-timeout was over/);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("an app that is never ready in a reload leaves the old one serving", async (host) => {
  const files = { "main.ts": app("one", "200") };
  const server = host.start({ files, args: [...args, "--boot-timeout", "2"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  host.write({
    "main.ts": app("two", `fail("no database")`) + "const fail = (why) => { throw new Error(why); };",
  });
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 1 keeps serving: cannot boot a worker: \/healthz \(ready-path\) threw Error: no database/,
  );
  assertEquals((await server.ready(2, 1)).map(({ pid }) => pid), before);
  assertEquals(await server.text(), "one");
});

testOnOneTarget("an uncaught error before the app is ready is a failure to load it", async (host) => {
  const text = app("one", "503") + `setTimeout(() => { throw new Error("stray"); }, 300);\n`;
  const server = host.start({ files: { "main.ts": text }, args });
  assertEquals((await server.exit()).code, 4);
  assertMatch(server.stderr, /stray/);
});

testOnOneTarget("an app that handles such errors itself gets more time", async (host) => {
  const text = app("one", `(await Deno.stat("go").catch(() => null)) === null ? 503 : 200`) + `
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  Deno.writeTextFileSync("go", "");
});
setTimeout(() => Promise.reject(new Error("no database yet")), 300);
`;
  const server = host.start({ files: { "main.ts": text }, args });
  await server.ready(2);
  assert(!server.stderr.includes("no database yet"), server.stderr);
});

testOnOneTarget("denicorn check does not request ready-path", async (host) => {
  host.write({ "main.ts": app("one", "503") });
  const { code } = await host.run(["check", ...args, "--shutdown-delay", "60", "main.ts"]);
  assertEquals(code, 0);
});
