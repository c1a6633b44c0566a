import { createAdminApp } from "../../../src/control/admin_app.ts";
import { takeServerSentEvents } from "../../../src/control/server_sent_events.ts";
import { streamStatus } from "../../../src/control/status_stream.ts";
import { bundlePage, pageBundlePath } from "../../../scripts/bundle_page.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { calmStatus } from "../../fakes/status.ts";

const token = "0123456789abcdef";

Deno.test("the bundled script of the page is up to date", async () => {
  const isCurrent = Deno.readTextFileSync(pageBundlePath) === await bundlePage();
  assert(isCurrent, "src/control/page/client_bundle.ts is out of date: run `make docs`");
});

Deno.test("on a guarded address a browser gets only the empty page without the token", async () => {
  const master = fakeRunningMaster({ status: () => calmStatus });
  const app = createAdminApp(master, { token, isGuarded: true }, new FakeClock());
  const ask = async (path: string, method: string, accept: string) =>
    (await app.request(path, { method, headers: { accept } })).status;
  assertEquals(await ask("/", "GET", "text/html,application/xhtml+xml"), 200);
  assertEquals(await ask("/", "GET", "*/*"), 401);
  assertEquals(await ask("/", "POST", "text/html"), 401);
  for (const path of ["/live", "/history", "/status", "/metrics", "//", "/index.html"]) {
    assertEquals(await ask(path, "GET", "text/html"), 401, path);
  }
});

Deno.test("the status is streamed at once and every second, but not to a reader that is slow or gone", async () => {
  const clock = new FakeClock();
  let reads = 0;
  const status = () => ({ ...calmStatus, at: ++reads });
  const reader = streamStatus({ status }, clock).getReader();
  const next = async () => {
    const { events, rest } = takeServerSentEvents(new TextDecoder().decode((await reader.read()).value));
    assertEquals([events.length, rest], [1, ""]);
    return JSON.parse(events[0]!.data).at;
  };
  assertEquals(await next(), 1);
  const second = next();
  await clock.advance(1_000);
  assertEquals(await second, 2);
  await clock.advance(10_000);
  assertEquals(reads, 2);
  const late = next();
  await clock.advance(1_000);
  assertEquals(await late, 3);
  await reader.cancel();
  await clock.advance(10_000);
  assertEquals(reads, 3);
});

Deno.test("a HEAD request starts no stream", async () => {
  const clock = new FakeClock();
  let reads = 0;
  const status = () => ({ ...calmStatus, at: ++reads });
  const app = createAdminApp(fakeRunningMaster({ status }), { token, isGuarded: false }, clock);
  const { body, headers } = await app.request("http://127.0.0.1/live", { method: "HEAD" });
  assertEquals([body, headers.get("content-type")], [null, "text/event-stream"]);
  await clock.advance(10_000);
  assertEquals([reads, clock.timers], [0, 0]);
});

Deno.test("events are decoded wherever the stream is split", () => {
  const stream = ': hello\n\nevent: status\ndata: {"a":1}\n\ndata: one\ndata: two\n\n';
  for (let cut = 0; cut <= stream.length; cut++) {
    const first = takeServerSentEvents(stream.slice(0, cut));
    const second = takeServerSentEvents(first.rest + stream.slice(cut));
    assertEquals([...first.events, ...second.events], [
      { event: "status", data: '{"a":1}' },
      { event: "message", data: "one\ntwo" },
    ]);
    assertEquals(second.rest, "");
  }
});
