import { address, bindAddress, isPort } from "../kinds/address.ts";
import { modeBits, wholeNumber } from "../kinds/number.ts";
import { choice, file, owner } from "../kinds/text.ts";
import { many, one, optional } from "../setting.ts";

export const listeningSettings = {
  bind: many(bindAddress, {
    description:
      "Address to listen on: host:port, [v6]:port, or :port for all IPv4 interfaces. With certfile it is for TLS, " +
      "unless it begins with http://. Or unix:PATH for a Unix socket, without TLS, from which all workers accept; with " +
      "{slot} in PATH there are as many sockets as workers, and each worker accepts from one. Or fd://NUMBER for a " +
      "listening socket that denicorn inherits under this number, 3 or higher, TCP or Unix. On the command line --host HOST and " +
      "--port N each take the place of that part of it. Sockets that systemd passes (LISTEN_FDS) take the place of all addresses, unless one of " +
      "them is fd://NUMBER.",
    default: [{ hostname: "127.0.0.1", port: 8000 }],
    short: "b",
    alias: {
      name: "PORT",
      accepts: "a port from 0 to 65535",
      spell: (port) => isPort(port) ? `0.0.0.0:${port}` : undefined,
    },
    reload: false,
  }),
  certfile: many(file, {
    description:
      "File with the certificate (PEM) for TLS, and after it those that lead to its issuer. Given several times: " +
      "a client gets the one for the host name it asks for, or the first.",
    default: [],
    reload: true,
  }),
  keyfile: many(file, {
    description:
      "File with the private key (PEM) of certfile, which only the master reads. One for each certfile, in " +
      "the same order.",
    default: [],
    reload: true,
  }),
  redirectHttp: many(address, {
    description:
      "Address without TLS where each request is answered with a redirect (308) to https: on the first address " +
      "with TLS.",
    default: [],
    reload: false,
  }),
  unixSocketMode: one(modeBits, {
    description:
      "Permissions of the Unix sockets in bind, in octal: those who may write to one can connect to it.",
    default: 0o660,
    reload: false,
  }),
  unixSocketOwner: optional(owner, {
    description:
      "Who owns the Unix sockets in bind: a user, user:group or :group, by name or number. Another user requires root, " +
      "another group that the master is a member of it.",
    unset: "user and group",
    reload: false,
  }),
  backlog: one(wholeNumber({ from: 1, to: 65_535 }), {
    description:
      "Maximum number of connections in the kernel's accept queue of each worker, and of each Unix socket.",
    default: 2048,
    reload: true,
  }),
  steering: one(choice("MODE", ["auto", "off"]), {
    description: "Whether the master chooses which workers get new connections; off leaves it to the kernel.",
    default: "auto",
    reload: false,
  }),
};
