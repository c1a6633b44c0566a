import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const { descriptors, sockets } = createSystem();

linuxOnly("a listening socket that was sent stays open in the receiver when the sender closes it", () => {
  const folder = Deno.makeTempDirSync();
  const inbox = descriptors.open(`${folder}/inbox`);
  try {
    assertEquals(inbox.receive(), []);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const own = sockets.listeners().find((socket) => socket.port === port)!;
    descriptors.send(`${folder}/inbox`, "two of them", [own.descriptor, own.descriptor]);
    listener.close();

    const [received, ...more] = inbox.receive();
    assertEquals(more, []);
    assertEquals(received!.tag, "two of them");
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
