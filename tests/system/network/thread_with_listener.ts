/** A thread that listens twice, and says at which ports and which listeners it finds. For `own_descriptors_test.ts`. */

import { narrowToThread } from "../../../src/system/network/own_descriptors.ts";
import { tcpSockets } from "../../../src/system/network/tcp_sockets.ts";

narrowToThread();
const listeners = [1, 2].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: () => Promise<void>;
};
scope.postMessage(null);
// All threads listen by now, and have a connection each.
scope.onmessage = async () => {
  const [{ port }] = listeners.map(({ addr }) => addr as Deno.NetAddr) as [Deno.NetAddr];
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new Uint8Array(1));
  await listeners[0]!.accept();
  const { looks } = tcpSockets.look(new Set([port]), 0, Infinity, () => true);
  scope.postMessage({
    own: listeners.map(({ addr }) => (addr as Deno.NetAddr).port).toSorted(),
    found: tcpSockets.listeners().map((found) => found.port).toSorted(),
    peers: looks.map(({ peerPort }) => peerPort),
    client: (client.localAddr as Deno.NetAddr).port,
  });
};
