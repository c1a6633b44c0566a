/** The client with servers that each misbehave in one way. */

import { Exchange, Run } from "../../../bench/loss/client/exchange.ts";
import type { Mode } from "../../../bench/loss/client/load_options.ts";
import { assertEquals } from "../../assert.ts";

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

type Behaviour = (connection: Deno.TcpConn) => Promise<void>;

/** Runs `body` with a server that applies one behaviour to each connection, in order. */
async function against(
  behaviours: readonly Behaviour[],
  mode: Mode,
  body: (exchange: Exchange, run: Run) => Promise<void>,
): Promise<Run> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const run = new Run({
    hostname: "127.0.0.1",
    port: listener.addr.port,
    path: "/",
    mode,
    connections: 1,
    every: null,
    rest: 0,
    requests: 0,
    atMost: 10_000,
    timeout: 5_000,
    slow: 250,
  });
  const served = (async () => {
    const connections: Deno.TcpConn[] = [];
    for (const behave of behaviours) {
      const connection = await listener.accept();
      connections.push(connection);
      await behave(connection);
    }
    return connections;
  })();
  const exchange = new Exchange(run);
  await body(exchange, run);
  exchange.close();
  for (const connection of await served) close(connection);
  listener.close();
  return run;
}

const receive = async (connection: Deno.TcpConn) => void await connection.read(new Uint8Array(1_024));
const send = async (connection: Deno.TcpConn, text: string) =>
  void await connection.write(new TextEncoder().encode(text));

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Already closed by the behaviour.
  }
}

const serve: Behaviour = async (connection) => {
  await receive(connection);
  await send(connection, answer);
};

/** Responds once and closes. `closed` resolves when the client can have noticed it. */
function serveAndClose() {
  const closed = Promise.withResolvers<void>();
  const behaviour: Behaviour = async (connection) => {
    await serve(connection);
    connection.close();
    // On loopback the close has arrived when the call returns; the delay is for the client's event loop.
    setTimeout(closed.resolve, 20);
  };
  return { behaviour, closed: closed.promise };
}

const once = (exchange: Exchange) => exchange.once(performance.now());

Deno.test("a response counts as a request, with its latency", async () => {
  const run = await against([serve], "new", async (exchange) => assertEquals(await once(exchange), true));
  assertEquals([run.requests, run.histogram.count, run.failures.total], [1, 1, 0]);
});

Deno.test("a connection that the server closed between two requests is a reconnect, not a failure", async () => {
  const first = serveAndClose();
  const run = await against([first.behaviour, serve], "keep-alive", async (exchange) => {
    await once(exchange);
    await first.closed;
    await once(exchange);
  });
  assertEquals([run.requests, run.failures.total, run.reconnects, run.connects], [2, 0, 1, 2]);
});

Deno.test("a kept connection is reused", async () => {
  const twice: Behaviour = async (connection) => {
    await serve(connection);
    await serve(connection);
  };
  const run = await against([twice], "keep-alive", async (exchange) => {
    await once(exchange);
    await once(exchange);
  });
  assertEquals([run.requests, run.failures.total, run.connects], [2, 0, 1]);
});

Deno.test("Connection: close is followed without a failure", async () => {
  const lastOne: Behaviour = async (connection) => {
    await receive(connection);
    await send(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  };
  const run = await against([lastOne, serve], "keep-alive", async (exchange) => {
    await once(exchange);
    await once(exchange);
  });
  assertEquals([run.requests, run.failures.total, run.reconnects, run.connects], [2, 0, 0, 2]);
});

const failures: Readonly<Record<string, [mode: Mode, behaviour: Behaviour, kind: string]>> = {
  "an end instead of a response": ["new", async (connection) => {
    await receive(connection);
    connection.close();
  }, "eof"],
  "an end within a response": ["new", async (connection) => {
    await receive(connection);
    await send(connection, answer.slice(0, -1));
    connection.close();
  }, "eof"],
  "a server error": ["new", async (connection) => {
    await receive(connection);
    await send(connection, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  }, "status"],
  "another protocol": ["new", async (connection) => {
    await receive(connection);
    await send(connection, "220 mail\r\n\r\n");
  }, "malformed"],
};

for (const [name, [mode, behaviour, kind]] of Object.entries(failures)) {
  Deno.test(`${name} is counted as ${kind}`, async () => {
    const run = await against([behaviour], mode, async (exchange) => {
      assertEquals(await once(exchange), false);
    });
    assertEquals(run.failures.counts, { [kind]: 1 });
    assertEquals(run.requests, 1);
  });
}

Deno.test("a kept connection that ends after the request was sent is counted as stale", async () => {
  const unreliable: Behaviour = async (connection) => {
    await serve(connection);
    await receive(connection);
    connection.close();
  };
  const run = await against([unreliable], "keep-alive", async (exchange) => {
    await once(exchange);
    await once(exchange);
  });
  assertEquals(run.failures.counts, { stale: 1 });
});

Deno.test("a missing response is counted as a time-out", async () => {
  const run = await against([receive], "new", async (exchange, run) => {
    const response = once(exchange);
    const sweeper = setInterval(() => run.sweep(performance.now() + 5_000), 10);
    assertEquals(await response, false);
    clearInterval(sweeper);
  });
  assertEquals(run.failures.counts, { "time-out": 1 });
});

Deno.test("a request in the queue of a listener that closes is counted as a reset", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const run = await against([], "new", async (_, { options }) => {
    const other = new Run({ ...options, port: listener.addr.port });
    const response = once(new Exchange(other));
    // Long enough for the request to be sent. If it is not sent yet, the reset comes before, which is fine too.
    setTimeout(() => listener.close(), 50);
    assertEquals(await response, false);
    const { "reset-after": after = 0, "reset-before": before = 0 } = other.failures.counts;
    assertEquals(after + before, 1);
  });
  assertEquals(run.requests, 0);
});

Deno.test("a port that nothing listens on is counted as refused", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const run = await against([], "new", async (_, { options }) => {
    const other = new Run({ ...options, port });
    assertEquals(await once(new Exchange(other)), false);
    assertEquals(other.failures.counts, { refused: 1 });
  });
  assertEquals(run.requests, 0);
});
