import { openDatagramSink } from "./datagram_sink.ts";
import { mendSignals } from "./requests/client_signal.ts";
import { openWatched } from "./listener_state.ts";
import { withoutDescriptors } from "./no_descriptors.ts";
import { listeningOn } from "./port_holders.ts";
import { serveProxied } from "./proxied_serving.ts";
import { runtimeServe, takeProgramServers } from "./program_servers.ts";
import { reserve } from "./reserved_address.ts";
import { serveTls } from "./tls/tls.ts";
import { unixSockets } from "./unix/unix_sockets.ts";
import { sendUnixNotice } from "./unix/unix_notice.ts";
import { serveShared } from "./shared_serving.ts";
import { onWebSocket } from "./upgraded_sockets.ts";
import type { Connection, Network } from "../system.ts";

/** Only on Linux does Deno balance listeners on one port with SO_REUSEPORT. */
const balancesReusePort = Deno.build.os === "linux";

/** Milliseconds. A stopped master accepts connections but never answers. */
const answerTimeout = 5_000;

/**
 * Deno 2.7 hands over no request any more once its server is stopped, also if it takes one: of 51,000 requests in 4 reloads
 * 50 were never answered, and none of 88,000 on Deno 2.9.
 */
const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);

export const network: Network = {
  drainsHttp2: major > 2 || minor >= 9,
  onWebSocket,
  takeProgramServers,
  mendSignals,

  listenUnix(path) {
    const listener = withoutDescriptors(() => Deno.listen({ transport: "unix", path }));
    return {
      async *accept() {
        for await (const conn of listener) yield connection(conn);
      },
      close: () => listener.close(),
    };
  },

  async connectUnix(path) {
    return connection(await Deno.connect({ transport: "unix", path }));
  },

  async connectTcp(address) {
    return connection(await Deno.connect({ hostname: address.hostname, port: address.port }));
  },

  async answers(path) {
    try {
      (await Deno.connect({ transport: "unix", path })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return answersWithoutRuntime(path);
      // Other errors, such as a lack of rights, do not mean that nothing listens.
      return !(error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound);
    }
  },

  listeningOn,

  probe(address) {
    Deno.listen({ hostname: address.hostname, port: address.port }).close();
  },

  reserve,

  serve(options, handler) {
    const { address, backlog, isCompressing, onError, tls, proxyProtocol } = options;
    if (proxyProtocol !== undefined) return serveProxied(options, proxyProtocol, handler);
    const server = tls !== undefined ? serveTls(options, tls, handler) : runtimeServe({
      hostname: address.hostname,
      port: address.port,
      reusePort: balancesReusePort,
      tcpBacklog: backlog,
      automaticCompression: isCompressing,
      onListen: () => {},
      onError,
    }, handler);
    // Rejects if accepting fails: at once on Deno 2.9, only when the last connection has ended on 2.7.
    void server.finished.catch(() => {});
    return {
      address: { hostname: server.addr.hostname, port: server.addr.port },
      stopAccepting: () => server.shutdown().catch(() => {}),
    };
  },

  serveShared,

  serveTcp({ hostname, port }, handler) {
    const { server, descriptor, isListening } = openWatched(() =>
      runtimeServe({ hostname, port, reusePort: balancesReusePort, onListen: () => {} }, handler)
    );
    return {
      address: { hostname: server.addr.hostname, port: server.addr.port },
      descriptor,
      isListening,
      stopAccepting: () => server.shutdown().catch(() => {}),
    };
  },

  datagramSink: openDatagramSink,
  datagramsTo({ hostname, port }) {
    const any = hostname.includes(":") ? "::" : "0.0.0.0";
    const socket = Deno.listenDatagram({ transport: "udp", hostname: any, port: 0 });
    const encoder = new TextEncoder();
    return {
      send: async (text) =>
        void await socket.send(encoder.encode(text), { transport: "udp", hostname, port }),
      close: () => socket.close(),
    };
  },

  sendUnixNotice,

  serveUnix(path, handler) {
    // A mode set afterwards would come too late: others could connect before.
    const umask = Deno.umask(0o177);
    try {
      const { server, isListening } = openWatched(() =>
        withoutDescriptors(() => runtimeServe({ path, onListen: () => {} }, handler))
      );
      return { isListening, stopAccepting: () => server.shutdown().catch(() => {}) };
    } finally {
      Deno.umask(umask);
    }
  },

  async post(url, { headers, body, timeout }) {
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(timeout) });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
  },

  async fetchUnix(path, url, init) {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeout), ...init, client });
    const body = await response.arrayBuffer();
    return new Response(body, { status: response.status, headers: response.headers });
  },

  async streamUnix(path, url) {
    // It is never closed, because that would end the body.
    const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    // The timeout is for the head of the response only.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), answerTimeout);
    try {
      return await fetch(url, { client, signal: timeout.signal });
    } finally {
      clearTimeout(timer);
    }
  },
};

function answersWithoutRuntime(path: string): boolean {
  try {
    return unixSockets.listenerAt(path) !== null;
  } catch {
    return true;
  }
}

/** Bytes that are read at a time: at first, and once that was too little. */
const shortRead = 1_024;
const longRead = 16_384;

function connection(conn: Deno.Conn): Connection {
  let sent = Promise.resolve();
  let isRead = false;

  async function write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) written += await conn.write(bytes.subarray(written));
  }

  function close(): void {
    try {
      conn.close();
    } catch {
      // It is already closed.
    }
  }

  return {
    async *receive() {
      isRead = true;
      // Most messages are short, and a stranger that says nothing should not cost much.
      let buffer = new Uint8Array(shortRead);
      try {
        for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
          yield buffer.slice(0, count);
          if (count === shortRead) buffer = new Uint8Array(longRead);
        }
      } catch {
        // A broken connection counts as a closed one: the other side is gone.
      } finally {
        close();
      }
    },
    send(bytes) {
      // What the other side has sent before it closed the connection is still to be read.
      sent = sent.then(() => write(bytes)).catch(() => {
        if (!isRead) close();
      });
      return sent;
    },
    close,
  };
}
