import { createSystem } from "../../src/system/deno_system.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const { descriptors, sockets } = createSystem();

linuxOnly("a listening socket that is sent lives on in the receiver when the sender closes it", () => {
  const folder = Deno.makeTempDirSync();
  const post = descriptors.open(`${folder}/post`);
  try {
    assertEquals(post.receive(), []);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const own = sockets.listeners().find((socket) => socket.port === port)!;
    descriptors.send(`${folder}/post`, "two of them", [own.descriptor, own.descriptor]);
    listener.close();

    const [received, ...more] = post.receive();
    assertEquals(more, []);
    assertEquals(received!.tag, "two of them");
    assertEquals(received!.descriptors.length, 2);
    assertEquals(sockets.listeners().filter((socket) => socket.port === port).length, 2);
    received!.descriptors.forEach((descriptor) => sockets.close(descriptor));
    assertEquals(sockets.listeners().filter((socket) => socket.port === port), []);
  } finally {
    post.close();
    Deno.removeSync(folder, { recursive: true });
  }
});

linuxOnly("nobody there to take them is an error that names the place", () => {
  assertThrows(() => descriptors.send("/nowhere/post", "", [0]), Error, "/nowhere/post: No such file");
  assertThrows(() => descriptors.open("/nowhere/post"), Error, "/nowhere/post: No such file");
});
