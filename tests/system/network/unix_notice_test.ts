import { sendUnixNotice } from "../../../src/system/network/unix/unix_notice.ts";
import { libc } from "../../../src/system/libc.ts";
import { AF_UNIX, SOCK_DGRAM } from "../../../src/system/linux_constants.ts";
import { assertEquals, assertThrows } from "../../assert.ts";

Deno.test("a notice arrives whole at a Unix datagram socket, and one that nobody takes is an error", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/notify`;
    assertThrows(() => sendUnixNotice(path, "READY=1"), Error, "connect");
    const receiver = Deno.listenDatagram({ transport: "unixpacket", path });
    sendUnixNotice(path, "READY=1\nSTATUS=hello ✓");
    const [bytes] = await receiver.receive();
    receiver.close();
    assertEquals(new TextDecoder().decode(bytes), "READY=1\nSTATUS=hello ✓");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a notice reaches an abstract address", () => {
  const name = `@denicorn-test-${crypto.randomUUID()}`;
  const { socket, bind, read, close } = libc();
  const receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  try {
    const address = new Uint8Array([AF_UNIX, 0, ...new TextEncoder().encode(name)]);
    address[2] = 0;
    assertEquals(bind(receiver, address, address.length), 0);
    sendUnixNotice(name, "READY=1");
    const bytes = new Uint8Array(100);
    assertEquals(Number(read(receiver, bytes, 100n)), 7);
    assertEquals(new TextDecoder().decode(bytes.subarray(0, 7)), "READY=1");
  } finally {
    close(receiver);
  }
});
