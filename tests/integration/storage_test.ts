/** What an app stores without naming a file, the same from source and in the binary. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { linkPackages } from "./node_packages.ts";

const main = `import { Hono } from "hono";
import { cache } from "hono/cache";
const app = new Hono();
let count = 0;
app.get("/items", (c) => {
  localStorage.setItem("length of a", 1);
  localStorage["b"] = "two";
  delete localStorage.none;
  localStorage.removeItem("length of a");
  sessionStorage.setItem("own", String(Deno.pid));
  return c.json([localStorage.length, localStorage.key(0), localStorage.getItem("none"), localStorage.none ?? null,
    "b" in localStorage, { ...localStorage }, localStorage instanceof Storage, sessionStorage.own === String(Deno.pid)]);
});
app.get("/own", (c) => {
  const { localStorage } = globalThis;
  globalThis.localStorage = { own: true } as never;
  const isOwn = globalThis.localStorage.own;
  globalThis.localStorage = localStorage;
  return c.json([isOwn, localStorage.length]);
});
app.get("/add", (c) => {
  const name = "n" + Math.random();
  localStorage[name] = name;
  return c.text(String(Deno.pid));
});
app.get("/count", (c) => c.text(String(Object.keys(localStorage).length)));
app.get("/caches", async (c) => {
  const pages = await caches.open("pages");
  const of = (language: string) => new Request("http://a.test/#top", { headers: { "Accept-Language": language } });
  for (const language of ["de", "en"]) {
    await pages.put(of(language), new Response(language, { headers: { vary: "Accept-Language", x: "y" }, status: 201 }));
  }
  await pages.put(of("en"), new Response("English", { headers: { vary: "accept-language" } }));
  const found = await pages.match(of("de"));
  const refused = await pages.put(of("de"), new Response(null, { headers: { vary: "*" } })).catch((e) => e.name);
  const answer = [found?.status, found?.headers.get("x"), await found?.text(), await (await pages.match(of("en")))?.text(),
    await pages.match(of("fr")) ?? null, refused, await pages.delete(of("en")), await pages.delete(of("en")),
    await caches.has("pages"), await caches.delete("pages"), await caches.has("pages"), pages instanceof Cache];
  return c.json(answer);
});
app.get("/cached", cache({ cacheName: "hono", wait: true }), (c) => c.text(String(++count) + " " + Deno.pid));
const kv = await Deno.openKv();
app.get("/kv", async (c) => {
  await kv.atomic().sum(["n"], 1n).commit();
  return c.text(String((await kv.get(["n"])).value));
});
export default app;
`;

const files = { "main.ts": main, "deno.json": `{ "unstable": ["kv"] }` };

testOnOneTarget(
  "an app stores items, responses and keys in a directory of its own, for all its workers",
  async (host) => {
    linkPackages(host);
    const env = { XDG_STATE_HOME: `${host.folder}/state` };
    const server = host.start({ files, env, args: ["-w", "2"] });
    await server.ready(2);
    const seen = new Set<string>();
    await server.until("items of both workers", async () => {
      seen.add(await server.text("/add"));
      return seen.size === 2;
    });
    const before = Number(await server.text("/count"));
    assert(before >= 2);
    await Promise.all(Array.from({ length: 40 }, () => server.text("/add")));
    assertEquals(Number(await server.text("/count")), before + 40);
    assertEquals(await (await server.fetch("/caches")).json(), [
      ...[201, "y", "de", "English", null, "TypeError", true, false, true, true, false, true],
    ]);
    const first = await server.text("/cached");
    for (let times = 0; times < 10; times++) assertEquals(await server.text("/cached"), first);
    for (let times = 1; times < 10; times++) assertEquals(await server.text("/kv"), String(times));

    server.kill("SIGTERM");
    await server.exit();
    const next = host.start({ files, env, port: server.port });
    await next.ready(1);
    assertEquals(await next.text("/kv"), "10");
    assertEquals(await next.text("/cached"), first);
    assertEquals(Number(await next.text("/count")), before + 40);
    assertEquals(next.stderr.match(/warning/g), null);

    const apps = `${env.XDG_STATE_HOME}/denicorn/apps`;
    const [app, ...others] = Array.from(Deno.readDirSync(apps), ({ name }) => name);
    assertMatch(app!, /^main\.ts-[0-9a-f]{16}$/);
    assertEquals(others, []);
    assertEquals(Deno.statSync(`${apps}/${app}`).mode! & 0o777, 0o700);
  },
);

testOnOneTarget("items are also properties", async (host) => {
  linkPackages(host);
  const server = host.start({ files, env: { XDG_STATE_HOME: `${host.folder}/state` } });
  await server.ready(1);
  assertEquals(await (await server.fetch("/items")).json(), [
    1,
    "b",
    null,
    null,
    true,
    { b: "two" },
    true,
    true,
  ]);
  assertEquals(await server.text("/own"), "[true,1]");
});

testOnOneTarget("without a place an app works, and a warning says what is lost", async (host) => {
  linkPackages(host);
  // A file stands where the directory would be.
  const env = { XDG_STATE_HOME: `${host.folder}/main.ts` };
  const server = host.start({
    files: { "main.ts": main.replace("await Deno.openKv()", "null as never") },
    env,
  });
  await server.ready(1);
  assertEquals(await server.text("/cached"), await server.text("/cached"));
  await server.text("/add");
  assertEquals(await server.text("/count"), "1");
  await server.logged(
    /warning .*what the app stores \(localStorage, caches\) is lost with this worker: Not a directory/,
  );
});
