/** The counting of an app of node:http, with events in place of connections. */

import { EventEmitter } from "node:events";
import type { NodeHttp, NodeServer } from "../../../src/system/system.ts";
import { NodeRequests } from "../../../src/worker/programs/node_requests.ts";
import { NodeTurns } from "../../../src/worker/programs/node_turns.ts";
import { Places } from "../../../src/worker/http/places.ts";
import { Requests } from "../../../src/worker/http/requests.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { privateSlot } from "../../fakes/slots.ts";
import { observer } from "../http/logged_requests.ts";

class FakeResponse extends EventEmitter {
  statusCode = 200;
  shouldKeepAlive = true;
  headersSent = false;
  writableFinished = false;
  readonly headers: Record<string, string> = {};
  text = "";
  setHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  end(text = "") {
    this.text = text;
    this.headersSent = this.writableFinished = true;
    this.emit("close");
  }
  destroy() {
    this.emit("close");
  }
}

const onClose: NodeHttp["onClose"] = (response, closed) => response.on("close", closed);

class FakeSocket extends EventEmitter {
  writable = true;
  bytesWritten = 100;
  readonly sent: number[][] = [];
  write(bytes: Uint8Array) {
    this.sent.push([...bytes]);
  }
  end(bytes: Uint8Array) {
    this.write(bytes);
    this.emit("close");
  }
}

const request = (url: string, method = "GET") => ({
  method,
  url,
  headers: { "user-agent": "test", upgrade: "websocket" },
  socket: { remoteAddress: "192.0.2.7" },
});

function fakeWorker({ queueSize }: { readonly queueSize?: number } = {}) {
  const clock = new FakeClock();
  const places = queueSize === undefined
    ? null
    : new Places(clock, { running: 1, queueSize, queueTimeout: 1_000 });
  const slot = privateSlot();
  const lines: string[] = [];
  const requests = new Requests(
    slot.writer,
    clock,
    observer(lines),
  );
  const app = new EventEmitter();
  const counted = new NodeRequests(
    app as NodeServer,
    { onClose, writtenTo: () => null },
    requests,
    {
      onFault: ({ path }, { text, thrown }) => lines.push(`${path}: ${text}: ${thrown?.value}`),
      onRefusedUpgrade: ({ url }) => lines.push(`refused ${url}`),
      turns: places && new NodeTurns(places, () => {}, (kind) => lines.push(kind)),
    },
  );
  return { clock, slot, requests, app, counted, lines };
}

Deno.test("a request is in flight until its response closes, and named while its handler runs", async () => {
  const { clock, slot, requests, app, counted, lines } = fakeWorker();
  const seen: unknown[] = [];
  // A start of 0 means that there is none.
  await clock.advance(1);
  app.on("request", (incoming: { url: string }) => {
    seen.push(slot.read().entered?.path);
    incoming.url = "/changed by a router";
  });
  const response = new FakeResponse();
  assertEquals(counted.emit("request", request("/a/b?c=d"), response), true);
  assertEquals([requests.inFlight, slot.read().entered, seen], [1, null, ["/a/b"]]);
  await clock.advance(30);
  response.end();
  assertEquals([requests.inFlight, requests.total, lines], [0, 1, ["192.0.2.7 GET /a/b?c=d 200 test 30"]]);
});

Deno.test("a connection that breaks is a 499", () => {
  const { counted, app, lines } = fakeWorker();
  app.on("request", () => {});
  const response = new FakeResponse();
  counted.emit("request", request("/"), response);
  response.destroy();
  assertEquals(lines, ["192.0.2.7 GET / 499 test 0"]);
});

Deno.test("a handler that throws is a fault, and a 500 unless its response has begun", () => {
  const { counted, app, lines, requests } = fakeWorker();
  app.on("request", () => {
    throw new Error("boom");
  });
  const [fresh, begun] = [new FakeResponse(), new FakeResponse()];
  begun.headersSent = true;
  assertEquals(counted.emit("request", request("/a"), fresh), true);
  counted.emit("request", request("/b"), begun);
  assertEquals([fresh.text, begun.text, requests.inFlight], ["Internal Server Error", "", 0]);
  assertEquals(lines, [
    "/a: the app threw: Error: boom",
    "192.0.2.7 GET /a 500 test 0",
    "/b: the app threw: Error: boom",
    "192.0.2.7 GET /b 499 test 0",
  ]);
});

Deno.test("what arrives during a drain ends its connection", () => {
  const { counted, app, requests } = fakeWorker();
  app.on("checkContinue", () => {});
  requests.startDraining();
  const response = new FakeResponse();
  counted.emit("checkContinue", request("/", "POST"), response);
  assertEquals([response.shouldKeepAlive, response.headers], [false, { connection: "close" }]);
});

Deno.test("a WebSocket counts until it closes, and a drain asks its client to close it", () => {
  const { counted, app, requests, lines, slot } = fakeWorker();
  app.on("upgrade", () => {});
  const [open, refused] = [new FakeSocket(), new FakeSocket()];
  counted.emit("upgrade", request("/ws"), open, new Uint8Array());
  counted.emit("upgrade", request("/no"), refused, new Uint8Array());
  refused.writable = false;
  assertEquals([requests.inFlight, lines], [2, []]);
  refused.emit("close");
  assertEquals(lines, ["192.0.2.7 GET /no 101 test 0"]);
  assertEquals(slot.read().webSockets, 1);
  counted.closeWebSockets(1012);
  assertEquals([open.sent, refused.sent, requests.inFlight], [[[0x88, 2, 0x03, 0xf4]], [], 1]);
  open.emit("close");
  assertEquals([requests.inFlight, slot.read().webSockets], [0, 0]);
});

Deno.test("the package ws closes its WebSockets itself", () => {
  const { counted, app } = fakeWorker();
  app.on("upgrade", () => {});
  const closes: number[] = [];
  const socket = Object.assign(new FakeSocket(), {
    [Symbol("websocket")]: { close: (code: number) => void closes.push(code) },
  });
  counted.emit("upgrade", request("/ws"), socket, new Uint8Array());
  counted.closeWebSockets(1012);
  assertEquals([closes, socket.sent], [[1012], []]);
});

Deno.test("other events reach the app, and tell whether it listens to them", () => {
  const { counted, app } = fakeWorker();
  const seen: unknown[] = [];
  app.on("clientError", (...given) => seen.push(given));
  assertEquals([counted.emit("clientError", 1, 2), counted.emit("timeout", 3)], [true, false]);
  assertEquals(seen[0], [1, 2, undefined]);
});

Deno.test("with turns one request runs at a time, until its response closes; others wait, leave or are refused", async () => {
  const { clock, requests, app, counted, lines } = fakeWorker({ queueSize: 3 });
  const seen: string[] = [];
  app.on("request", ({ url }: { url: string }) => {
    seen.push(url);
    if (url === "/throw") throw new Error("broken");
  });
  const visit = (path: string) => {
    const response = new FakeResponse();
    counted.emit("request", request(path), response);
    return response;
  };
  const first = visit("/first");
  const throwing = visit("/throw");
  const leaving = visit("/leaving");
  const last = visit("/last");
  const refused = visit("/refused");
  assertEquals([refused.statusCode, refused.headers["retry-after"]], [503, "1"]);
  leaving.destroy();
  await clock.advance(0);
  assertEquals(seen, ["/first"]);
  first.end();
  await clock.advance(0);
  assertEquals([seen, throwing.statusCode], [["/first", "/throw", "/last"], 500]);
  const late = visit("/late");
  await clock.advance(1_000);
  assertEquals(late.statusCode, 503);
  last.end();
  await clock.advance(0);
  visit("/again").end();
  await clock.advance(0);
  assertEquals([seen.at(-1), requests.inFlight, clock.timers], ["/again", 0, 0]);
  assertEquals(lines.filter((line) => !line.includes("GET")), [
    "busy",
    "/throw: the app threw: Error: broken",
    "busy",
  ]);
});

Deno.test("with turns an upgrade is refused and logged, and its connection ends", () => {
  const { requests, app, counted, lines } = fakeWorker({ queueSize: 1 });
  app.on("upgrade", () => lines.push("upgraded"));
  const socket = new FakeSocket();
  assertEquals(counted.emit("upgrade", request("/socket"), socket, null), true);
  const answer = new TextDecoder().decode(Uint8Array.from(socket.sent[0]!));
  assertEquals(answer.split("\r\n")[0], "HTTP/1.1 501 Not Implemented");
  assertEquals([requests.inFlight, lines[0], lines.length], [0, "refused /socket", 2]);
});
