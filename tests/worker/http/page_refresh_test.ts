import { PageRefresh, refreshPath } from "../../../src/worker/http/page_refresh.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { info } from "./logged_requests.ts";

const version = { server: "a", generation: 3 };
const page = new Request("http://localhost/", { headers: { accept: "text/html,*/*" } });
const html = (body: BodyInit, headers = {}) =>
  new Response(body, { headers: { "content-type": "text/html; charset=utf-8", ...headers } });

async function through(request: Request, response: Response): Promise<Response> {
  return await new PageRefresh(version).around(() => response)(request, info().info);
}

Deno.test("a page that a browser asks for gets the script after its end, and the length of neither", async () => {
  const response = await through(
    page,
    html("<h1>hi</h1>", { "content-length": "11", etag: '"1"', "x-a": "b" }),
  );
  assertMatch(
    await response.text(),
    /^<h1>hi<\/h1><script>[^]*\)\({"server":"a","generation":3}\)<\/script>\n$/,
  );
  assertEquals([...response.headers], [["content-type", "text/html; charset=utf-8"], ["x-a", "b"]]);
});

Deno.test("all other answers stay as they are", async () => {
  const others: [Request, Response][] = [
    [new Request("http://localhost/", { headers: { accept: "application/json" } }), html("<p>")],
    [new Request(page, { method: "POST" }), html("<p>")],
    [page, new Response("plain")],
    [page, html("x", { "content-encoding": "gzip" })],
    [page, new Response(null, { status: 204, headers: { "content-type": "text/html" } })],
  ];
  for (const [request, response] of others) assert(await through(request, response) === response);
});

Deno.test("what is no response that can be sent is reported by others", async () => {
  const read = html("<p>");
  await read.text();
  for (const answer of [undefined, "text", read, Response.error()] as Response[]) {
    assert(await through(page, answer) === answer);
  }
});

Deno.test("pages hear which generation serves, and why a newer one does not", async () => {
  const refresh = new PageRefresh(version);
  const answer = refresh.before(() => new Response("app"));
  const listen = async () => {
    const response = await answer(new Request(`http://localhost${refreshPath}?x`), info().info);
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    const events = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return { next: async () => (await events.read()).value, end: () => events.cancel() };
  };
  const one = await listen();
  assertEquals([await one.next(), await one.next()], [
    "retry: 200\n\n",
    'data: {"server":"a","generation":3,"broken":null}\n\n',
  ]);
  refresh.showBroken("main.ts:2:12\n</script>");
  const broken = 'data: {"server":"a","generation":3,"broken":"main.ts:2:12\\n</script>"}\n\n';
  assertEquals(await one.next(), broken);
  const later = await listen();
  assertEquals([await later.next(), await later.next()], ["retry: 200\n\n", broken]);
  // A page that was closed.
  await one.end();
  refresh.showBroken("again");
  assertEquals(await later.next(), 'data: {"server":"a","generation":3,"broken":"again"}\n\n');
  assertEquals(await (await answer(page, info().info)).text(), "app");
});
