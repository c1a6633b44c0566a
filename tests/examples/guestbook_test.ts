import { createGuestbook } from "../../examples/guestbook/app.tsx";
import { openStore } from "../../examples/guestbook/store.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";

type Guestbook = ReturnType<typeof createGuestbook>;

/** A test with a guestbook on its own database, in a temporary folder. */
function guestbookTest(name: string, test: (guestbook: Guestbook, database: string) => Promise<void>): void {
  Deno.test(`guestbook: ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "denicorn-guestbook-" });
    const database = `${folder}/data/guestbook.sqlite`;
    const store = openStore(database);
    try {
      await test(createGuestbook({ store, style: "body {}", workerPid: 4711 }), database);
    } finally {
      store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function get(app: Guestbook, path: string): Promise<string> {
  const response = await app.request(path);
  assertEquals(response.status, 200);
  return await response.text();
}

async function sign(app: Guestbook, name: string, message: string): Promise<Response> {
  return await app.request("/entries", { method: "POST", body: new URLSearchParams({ name, message }) });
}

async function postJson(app: Guestbook, entry: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await app.request("/api/entries", { method: "POST", headers, body: JSON.stringify(entry) });
}

interface Listing {
  entries: { id: number; name: string; message: string; writtenAt: string }[];
  total: number;
  nextBefore?: number;
}

async function list(app: Guestbook, query = ""): Promise<Listing> {
  return JSON.parse(await get(app, `/api/entries${query}`)) as Listing;
}

guestbookTest("a first visitor finds a form, an invitation and the worker's pid", async (app) => {
  const page = await get(app, "/");
  assert(page.startsWith("<!DOCTYPE html>"));
  assertStringIncludes(page, "0 entries so far");
  assertStringIncludes(page, "Be the first!");
  assertMatch(page, /<form method="post" action="\/entries">/);
  assertMatch(page, /worker process <b id="worker">4711<\/b>/);
});

guestbookTest("a signed entry stands on the page, newest first", async (app) => {
  const response = await sign(app, " Ada ", "first line\r\nsecond line");
  assertEquals(response.status, 303);
  assertEquals(response.headers.get("location"), "/");
  await sign(app, "Grace", "hello");
  const page = await get(app, "/");
  assertStringIncludes(page, "<b>Ada</b>");
  assertStringIncludes(page, "first line\nsecond line");
  assert(page.indexOf("<b>Grace</b>") < page.indexOf("<b>Ada</b>"));
});

guestbookTest("what people write is text, never markup", async (app) => {
  const attack = `<script>alert("1")</script>`;
  await sign(app, attack, attack);
  const refused = await sign(app, `"><img src=x>`, `</textarea>${attack}${"x".repeat(1000)}`);
  for (const page of [await get(app, "/"), await refused.text()]) {
    assert(!page.includes("<script"));
    assert(!page.includes("<img"));
    assertStringIncludes(page, "&lt;script&gt;");
  }
});

guestbookTest("a refused form comes back as it was, and says what to change", async (app) => {
  const response = await sign(app, "  ", "keep me");
  assertEquals(response.status, 422);
  const page = await response.text();
  assertStringIncludes(page, "Please tell us your name.");
  assertStringIncludes(page, "keep me</textarea>");
  assert(!page.includes("Please write a few words."));
  assertEquals((await list(app)).total, 0);
});

guestbookTest("limits are those of the form", async (app) => {
  assertEquals((await sign(app, "n".repeat(60), "m".repeat(1000))).status, 303);
  assertStringIncludes(await (await sign(app, "n".repeat(61), "m")).text(), "at most 60 characters");
  assertStringIncludes(await (await sign(app, "n", "m".repeat(1001))).text(), "at most 1000 characters");
  assertStringIncludes(await (await sign(app, "two\nlines", "m")).text(), "on one line");
  assertEquals((await sign(app, "n", "m".repeat(100_000))).status, 413);
});

guestbookTest("older entries are a page away, and none is shown twice or left out", async (app) => {
  for (let n = 1; n <= 25; n++) await sign(app, `visitor ${n}`, "hello");
  const seen: string[] = [];
  let path: string | undefined = "/";
  while (path !== undefined) {
    const page: string = await get(app, path);
    seen.push(...[...page.matchAll(/<b>visitor (\d+)<\/b>/g)].map(([, n]) => n ?? ""));
    path = /<a href="([^"]+)" rel="next">/.exec(page)?.[1];
    // A visitor signs between two pages.
    await sign(app, "late", "hello");
  }
  assertEquals(seen, Array.from({ length: 25 }, (_, i) => `${25 - i}`));
  assertStringIncludes(await get(app, "/?before=nonsense"), "late");
  assertStringIncludes(await get(app, "/?before=1"), "There are no entries before that.");
});

guestbookTest("the API adds and lists entries", async (app) => {
  const created = await postJson(app, { name: "Ada", message: "hello" });
  assertEquals(created.status, 201);
  const { id, writtenAt, ...entry } = await created.json() as Listing["entries"][0];
  assertEquals(entry, { name: "Ada", message: "hello" });
  assertMatch(writtenAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(await list(app), { entries: [{ id, name: "Ada", message: "hello", writtenAt }], total: 1 });
});

guestbookTest("the API lists page by page", async (app) => {
  for (let n = 1; n <= 5; n++) await postJson(app, { name: `${n}`, message: "hello" });
  const first = await list(app, "?limit=3");
  assertEquals(first.entries.map(({ name }) => name), ["5", "4", "3"]);
  const second = await list(app, `?limit=3&before=${first.nextBefore}`);
  assertEquals(second.entries.map(({ name }) => name), ["2", "1"]);
  assertEquals([second.nextBefore, second.total], [undefined, 5]);
});

guestbookTest("the API says what is wrong with a request", async (app) => {
  const refused = await postJson(app, { name: 1 });
  assertEquals(refused.status, 422);
  assertEquals(await refused.json(), {
    errors: { name: "Please tell us your name.", message: "Please write a few words." },
  });
  const headers = { "content-type": "application/json" };
  assertEquals((await app.request("/api/entries", { method: "POST", headers, body: "{" })).status, 400);
  assertEquals((await app.request("/api/entries?limit=0")).status, 422);
});

guestbookTest("pages come with strict headers", async (app) => {
  const { headers } = await app.request("/");
  assertMatch(headers.get("content-security-policy") ?? "", /^default-src 'none'; .*frame-ancestors 'none'/);
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("referrer-policy"), "no-referrer");
});

guestbookTest("style, health, and an address where nothing is", async (app) => {
  assertEquals((await app.request("/style.css")).headers.get("content-type"), "text/css; charset=utf-8");
  assertEquals(await get(app, "/healthz"), "ok");
  assertEquals((await app.request("/nowhere")).status, 404);
});

guestbookTest("several connections of one process write by turns", async (_, database) => {
  const stores = [1, 2, 3, 4].map(() => openStore(database));
  const apps = stores.map((store, workerPid) => createGuestbook({ store, style: "", workerPid }));
  const writes = Array.from({ length: 200 }, (_, n) => sign(apps[n % 4]!, "n", `${n}`));
  assert((await Promise.all(writes)).every(({ status }) => status === 303));
  assertEquals((await list(apps[0]!)).total, 200);
  stores.forEach((store) => store.close());
});

guestbookTest("several processes write at once and lose nothing", async (app, database) => {
  const script = new URL("./guestbook_writer.ts", import.meta.url).pathname;
  const writers = ["a", "b", "c", "d"];
  const runs = writers.map((name) => {
    const args = ["run", "-A", "--no-check", script, database, name, "100"];
    return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "inherit" }).output();
  });
  assertEquals((await Promise.all(runs)).map(({ code }) => code), [0, 0, 0, 0]);

  const written: string[] = [];
  let before: number | undefined;
  do {
    const { entries, nextBefore } = await list(app, `?limit=100${before ? `&before=${before}` : ""}`);
    written.push(...entries.map(({ name, message }) => `${name} ${message}`));
    before = nextBefore;
  } while (before !== undefined);
  const expected = writers.flatMap((name) => Array.from({ length: 100 }, (_, n) => `${name} ${n + 1}`));
  assertEquals(written.sort(), expected.sort());
});

Deno.test("guestbook: several processes open a new database at once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denicorn-guestbook-" });
  const script = new URL("./guestbook_writer.ts", import.meta.url).pathname;
  const runs = Array.from({ length: 8 }, () => {
    const args = ["run", "-A", "--no-check", script, `${folder}/new.sqlite`, "n", "1"];
    return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "inherit" }).output();
  });
  assert((await Promise.all(runs)).every(({ success }) => success));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("guestbook: its deno.json has the packages of the checkout, in the same versions", () => {
  const imports = (path: string): Record<string, string> =>
    JSON.parse(Deno.readTextFileSync(new URL(path, import.meta.url))).imports;
  const all = imports("../../deno.json");
  for (const [name, target] of Object.entries(imports("../../examples/guestbook/deno.json"))) {
    assertEquals(target, all[name], name);
  }
});
