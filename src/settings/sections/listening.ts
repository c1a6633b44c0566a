import { address, isPort } from "../kinds/address.ts";
import { wholeNumber } from "../kinds/number.ts";
import { choice } from "../kinds/text.ts";
import { many, one } from "../setting.ts";

export const listeningSettings = {
  bind: many(address, {
    description: "Address to listen on: host:port, [v6]:port, or :port for all IPv4 interfaces.",
    default: [{ hostname: "127.0.0.1", port: 8000 }],
    short: "b",
    alias: {
      name: "PORT",
      accepts: "a port from 0 to 65535",
      spell: (port) => isPort(port) ? `0.0.0.0:${port}` : undefined,
    },
    reload: false,
  }),
  backlog: one(wholeNumber({ from: 1, to: 65_535 }), {
    description: "Maximum number of connections in the kernel's accept queue of each worker.",
    default: 2048,
    reload: true,
  }),
  steering: one(choice("MODE", ["auto", "off"]), {
    description: "Whether the master chooses which workers get new connections; off leaves it to the kernel.",
    default: "auto",
    reload: false,
  }),
};
