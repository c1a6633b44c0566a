import { opened } from "../../../src/system/network/listener_state.ts";
import { serveShared } from "../../../src/system/network/shared_serving.ts";
import { takeInherited } from "../../../src/system/network/inherited_socket.ts";
import { fcntlFlags } from "./descriptor_flags.ts";
import { assertEquals, assertMatch } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

/** What `open` opens, and its descriptor. */
function listening<T extends Disposable>(open: () => T): { listener: T; descriptor: number } {
  for (;;) {
    const { result, own } = opened(open);
    if (own !== undefined) return { listener: result, descriptor: Number(own[0]) };
    // A test in another thread of this process has opened a socket at the same time.
    result[Symbol.dispose]();
  }
}

linuxOnly("an inherited socket of TCP is known by its address, of both families", () => {
  for (const hostname of ["127.0.0.1", "::1", "::"]) {
    const { listener, descriptor } = listening(() => Deno.listen({ hostname, port: 0 }));
    using _ = listener;
    const { port } = listener.addr as Deno.NetAddr;
    assertEquals(takeInherited(descriptor), { hostname, port, descriptor });
  }
});

linuxOnly("one of a Unix socket by its path, or by its abstract name", () => {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  const name = `denicorn-${crypto.randomUUID()}`;
  for (
    const [path, expected] of [[`${folder}/a.sock`, `${folder}/a.sock`], [`\0${name}`, `@${name}`]] as const
  ) {
    const { listener, descriptor } = listening(() => {
      if (exists(path)) Deno.removeSync(path);
      return Deno.listen({ transport: "unix", path });
    });
    using _ = listener;
    assertEquals(takeInherited(descriptor), { path: expected, descriptor, isInherited: true });
  }
  Deno.removeSync(folder, { recursive: true });
});

linuxOnly("accepting from it does not block, and new processes do not inherit it", () => {
  const { listener, descriptor } = listening(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  using _ = listener;
  const flags = fcntlFlags(descriptor);
  flags.clear();
  assertEquals([flags.isBlocking, flags.isInherited], [true, true]);
  takeInherited(descriptor);
  assertEquals([flags.isBlocking, flags.isInherited], [false, false]);
});

linuxOnly("anything else is refused with what it is", async () => {
  assertEquals(takeInherited(900), "not open");
  const [runtimes] = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name))
    .filter((descriptor) => linkOf(descriptor) === "anon_inode:[eventpoll]");
  assertEquals(takeInherited(runtimes!), "not open at the start");
  const file = await Deno.open("/dev/null");
  const [number] = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => name)
    .filter((name) => Number(name) > 2 && target(name) === "/dev/null");
  assertEquals(takeInherited(Number(number)), "no socket, but /dev/null");
  file.close();
  const datagrams = listening(() => {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    return Object.assign(socket, { [Symbol.dispose]: () => socket.close() });
  });
  assertMatch(String(takeInherited(datagrams.descriptor)), /^a datagram socket/);
  datagrams.listener.close();
  const { listener } = listening(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const { port } = listener.addr as Deno.NetAddr;
  const { result: connection, own } = await openedLater(() => Deno.connect({ hostname: "127.0.0.1", port }));
  assertEquals(takeInherited(Number(own)), "a socket that does not listen");
  connection.close();
  listener.close();
});

function exists(path: string): boolean {
  try {
    return !path.startsWith("\0") && Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}

function target(descriptor: string): string | null {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}

async function openedLater<T>(open: () => Promise<T>): Promise<{ result: T; own: string | undefined }> {
  const names = () => Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => name);
  const before = new Map(names().map((name) => [name, target(name)]));
  const result = await open();
  const own = names().find((name) =>
    target(name)?.startsWith("socket:") === true && before.get(name) !== target(name)
  );
  return { result, own };
}

linuxOnly(
  "a server that leaves a socket of TCP keeps its connections, and nobody finds its own one",
  async () => {
    const { listener, descriptor } = listening(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    using _ = listener;
    const { port } = listener.addr as Deno.NetAddr;
    const source = { hostname: "127.0.0.1", port, descriptor };
    const serve = (answer: string) =>
      serveShared(
        source,
        { isCompressing: false, onError: () => new Response("failed") },
        (_, { remoteAddr }) => new Response(`${answer} ${remoteAddr.port !== port}`),
      );
    const ports = () => listeningPorts();
    const before = ports();
    const end = performance.now() + 5_000;
    const first = serve("first");
    using kept = Deno.createHttpClient({});
    using others = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const ask = async (client: Deno.HttpClient) =>
      await (await fetch(`http://127.0.0.1:${port}`, { client })).text();
    assertEquals([await ask(kept), first.state], ["first true", "accepting"]);
    const more = () => ports().filter((port) => !before.includes(port));
    // Those of tests in other threads close again.
    while (more().length > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertEquals(more(), [], "no other port is open");
    first.leave();
    assertEquals(first.state, "parked");
    const waiting = ask(others);
    assertEquals(await ask(kept), "first true");
    const second = serve("second");
    assertEquals(await waiting, "second true");
    second.leave();
    first.accept();
    assertEquals([await ask(others), first.state, second.state], ["first true", "accepting", "parked"]);
    kept.close();
    await Promise.all([first.stopAccepting(), second.stopAccepting()]);
    assertEquals([first.state, second.state], ["closed", "closed"]);
  },
);

/** On which 127.0.0.1 listens, in this process. */
function listeningPorts(): string[] {
  const own = new Set(
    Array.from(
      Deno.readDirSync("/proc/self/fd"),
      ({ name }) => target(name)?.match(/^socket:\[(\d+)\]/)?.[1],
    ),
  );
  return Deno.readTextFileSync("/proc/self/net/tcp").split("\n").flatMap((row) => {
    const [, address, , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === "0A" && own.has(inode) ? [address!] : [];
  });
}

function linkOf(descriptor: number): string | null {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
