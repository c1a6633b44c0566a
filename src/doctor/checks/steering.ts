import { encodeProgram, steeringProgram } from "../../core/listeners/steering_program.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import { type Check, note, ok, queueOfClosing } from "../check.ts";

export const steering: Check = {
  name: "steering",
  why:
    "Denicorn tells the kernel which workers get new connections. If the kernel refuses that, it distributes them by " +
    "a hash, even to a worker that is about to end, and resets those that still wait for it.",
  change:
    "Leave --steering at auto, and allow the process to call setsockopt SO_ATTACH_REUSEPORT_CBPF: Linux 4.6 or " +
    "later, and no sandbox (gVisor, a strict seccomp profile) that refuses it. The test needs the address 127.0.0.1 " +
    "(`ip link set lo up`).",
  lossWindow: queueOfClosing,
  linuxOnly: true,
  onFailure: "problem",
  async run({ system, settings }) {
    await trySteering(system);
    const works = `the kernel accepted a program, and ${2 * perListener} connections followed it`;
    return settings.steering === "off" ? note(`${works}, but the setting steering is off`) : ok(works);
  },
};

/** Without steering, all of them would arrive at the right listener once in 65 536 runs. */
const perListener = 8;

/** Opens two listeners on one port and steers connections to each of them. Throws when that fails. */
async function trySteering(system: System): Promise<void> {
  const { network, sockets } = system;
  const options = { backlog: 16, isCompressing: false, onError: () => new Response(null, { status: 500 }) };
  const serve = (address: TcpAddress, name: string) =>
    network.serve({ ...options, address }, () => new Response(name));

  const first = serve({ hostname: "127.0.0.1", port: 0 }, "0");
  try {
    const { address } = first;
    const second = serve(address, "1");
    try {
      const [listener] = sockets.listeners().filter(({ port }) => port === address.port);
      if (listener === undefined) throw new Error("the listeners are not among the open files");
      for (const index of [0, 1]) {
        sockets.steer(listener.descriptor, encodeProgram(steeringProgram(2, [index])));
        for (let count = 0; count < perListener; count++) {
          const answer = await ask(system, address);
          if (answer !== String(index)) {
            throw new Error(
              `the kernel accepted a program, but a connection for listener ${index} did not go there`,
            );
          }
        }
      }
    } finally {
      void second.stopAccepting();
    }
  } finally {
    void first.stopAccepting();
  }
}

/** The body of the response. Not by `fetch`, which would send the request to a proxy set in the environment. */
async function ask({ network }: System, address: TcpAddress): Promise<string> {
  const connection = await network.connectTcp(address);
  try {
    const request = `GET / HTTP/1.1\r\nHost: ${address.hostname}\r\nConnection: close\r\n\r\n`;
    await connection.send(new TextEncoder().encode(request));
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of connection.receive()) text += decoder.decode(bytes, { stream: true });
    return text.slice(text.indexOf("\r\n\r\n") + 4);
  } finally {
    connection.close();
  }
}
