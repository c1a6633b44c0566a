import { createSystem } from "../../../src/system/deno_system.ts";
import { assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const { sockets } = createSystem();

/** The descriptors of the sockets that `open` opens. */
function opened<T>(open: () => T): [T, number] {
  const numbers = () => sockets.listeners().map(({ descriptor }) => descriptor);
  const before = numbers();
  const result = open();
  return [result, numbers().find((descriptor) => !before.includes(descriptor))!];
}

const serve = (text: string) =>
  opened(() =>
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(text, { headers: { connection: "close" } }),
    )
  );

linuxOnly("a socket outlives its server, and another server accepts what waited in its queue", async () => {
  const [first, descriptor] = serve("first");
  const { port } = first.addr;
  const kept = sockets.keep(descriptor);
  await first.shutdown();
  const answers = Array.from(
    { length: 20 },
    () => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text()),
  );
  const [second, place] = serve("second");
  sockets.swap(place, kept);
  sockets.close(kept);
  assertEquals(await Promise.all(answers), answers.map(() => "second"));
  // It waits for later connections, too.
  assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "second");
  await second.shutdown();
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
});

linuxOnly("a descriptor that the runtime does not wait for is not swapped", () => {
  using file = Deno.openSync("/dev/null");
  void file;
  assertThrows(() => sockets.swap(0, 0), Error, "descriptor 0 is in no epoll instance");
});
