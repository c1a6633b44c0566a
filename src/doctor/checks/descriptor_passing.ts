import type { System } from "../../system/system.ts";
import { type Check, ok, queueOfClosing } from "../check.ts";

export const descriptorPassing: Check = {
  name: "descriptor-passing",
  why:
    "The master holds a copy of each worker's listening sockets, so that none leaves the group unnoticed and their " +
    "order, which steering needs, is certain. Without the copies it does not steer.",
  change:
    "Allow the process to pass open files over Unix sockets (SCM_RIGHTS): no sandbox that refuses socketpair or " +
    "sendmsg.",
  lossWindow: queueOfClosing,
  linuxOnly: true,
  onFailure: "problem",
  run({ system }) {
    tryPassing(system);
    return ok("a listening socket was sent and received");
  },
};

/** Sends a listener of this process to itself. Throws when that fails. */
function tryPassing({ network, sockets, descriptors }: System): void {
  const { inbox, descriptor: outlet } = descriptors.pair();
  const options = {
    address: { hostname: "127.0.0.1", port: 0 },
    backlog: 1,
    isCompressing: false,
    onError: () => new Response(),
  };
  try {
    const server = network.serve(options, () => new Response());
    try {
      const ours = () => sockets.listeners().filter(({ port }) => port === server.address.port);
      const [own] = ours();
      if (own === undefined) throw new Error("the listener is not among the open files");
      descriptors.sendOver(outlet, [own.descriptor]);
      const received = Array.from(inbox.receive()).flatMap((message) => message.descriptors);
      try {
        const copies = ours().filter(({ descriptor }) => received.includes(descriptor));
        if (copies.length !== 1) throw new Error("a listening socket was sent, but not received");
      } finally {
        received.forEach((descriptor) => descriptors.close(descriptor));
      }
    } finally {
      void server.stopAccepting();
    }
  } finally {
    inbox.close();
    sockets.close(outlet);
  }
}
