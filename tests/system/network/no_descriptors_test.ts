import { network } from "../../../src/system/network/deno_network.ts";
import { assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

/** Sends the descriptor of its stdin over a stream. */
const sender = `
import array, os, socket
stream = socket.socket(socket.AF_UNIX)
stream.connect(os.environ["SOCKET"])
try:
    stream.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    print("sent")
except PermissionError:
    print("refused")
`;

const [major = 0, minor = 0] = Deno.osRelease().split(".").map(Number);

linuxOnly("no descriptor can be sent over a Unix stream, since Linux 6.16", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-socket-test-" });
  try {
    const listener = network.listenUnix(`${folder}/channel.sock`);
    const server = network.serveUnix(`${folder}/control.sock`, () => new Response());
    for (const name of ["channel", "control"]) {
      const { stdout } = await new Deno.Command("python3", {
        args: ["-c", sender],
        env: { SOCKET: `${folder}/${name}.sock` },
      }).output();
      const isOld = major < 6 || (major === 6 && minor < 16);
      assertEquals(new TextDecoder().decode(stdout), isOld ? "sent\n" : "refused\n", name);
    }
    listener.close();
    await server.stopAccepting();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
