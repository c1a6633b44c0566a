import { createSystem } from "../../../src/system/deno_system.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const { descriptors, processes, sockets } = createSystem();

linuxOnly("a listening socket that was sent stays open in the receiver when the sender closes it", () => {
  const folder = Deno.makeTempDirSync();
  const inbox = descriptors.open(`${folder}/inbox`);
  try {
    assertEquals(Array.from(inbox.receive()), []);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const own = sockets.listeners().find((socket) => socket.port === port)!;
    descriptors.send(`${folder}/inbox`, "two of them", [own.descriptor, own.descriptor]);
    listener.close();

    const [received, ...more] = inbox.receive();
    assertEquals(more, []);
    assertEquals([received!.tag, received!.sender], ["two of them", Deno.pid]);
    assertEquals(received!.descriptors.length, 2);
    assertEquals(sockets.listeners().filter((socket) => socket.port === port).length, 2);
    received!.descriptors.forEach((descriptor) => sockets.close(descriptor));
    assertEquals(sockets.listeners().filter((socket) => socket.port === port), []);
  } finally {
    inbox.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

linuxOnly("a missing inbox is an error that names its path", () => {
  assertThrows(() => descriptors.send("/nowhere/inbox", "", [0]), Error, "/nowhere/inbox: No such file");
  assertThrows(() => descriptors.open("/nowhere/inbox"), Error, "/nowhere/inbox: No such file");
});

linuxOnly("a pair has no path: what is sent over its descriptor arrives, with what was sent", () => {
  const { inbox, descriptor } = descriptors.pair();
  assertEquals(Array.from(inbox.receive()), []);
  descriptors.sendOver(descriptor, [0]);
  descriptors.sendOver(descriptor, [0, 0]);
  const received = Array.from(inbox.receive(), (message) => message.descriptors);
  assertEquals(received.map(({ length }) => length), [1, 2]);
  received.flat().forEach((own) => sockets.close(own));
  sockets.close(descriptor);
  inbox.close();
  inbox.close();
  assertEquals(Array.from(inbox.receive()), []);
});

linuxOnly("the descriptor of a pair is inherited only by the process that is started with it", async () => {
  const { inbox, descriptor } = descriptors.pair();
  const command = `test -e /proc/self/fd/${descriptor}`;
  const run = (inherited: readonly number[]) =>
    processes.spawn({ command: "sh", args: ["-c", command], env: {}, inherited }).exited;
  assertEquals([(await run([])).code, (await run([descriptor])).code], [1, 0]);
  descriptors.keep(descriptor);
  assertThrows(() => descriptors.keep(999_999), Error, "Bad file descriptor");
  sockets.close(descriptor);
  inbox.close();
});

linuxOnly("only this user can send to an inbox at a path", () => {
  const folder = Deno.makeTempDirSync();
  const inbox = descriptors.open(`${folder}/inbox`);
  assertEquals(Deno.lstatSync(`${folder}/inbox`).mode! & 0o777, 0o600);
  inbox.close();
  Deno.removeSync(folder, { recursive: true });
});
