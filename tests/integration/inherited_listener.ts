/** Listening sockets of a test, for servers that inherit them. */

import { opened } from "../../src/system/network/listener_state.ts";
import { withInherited } from "../../src/system/processes/inheritance.ts";

/** Listens and never accepts: the servers do. */
export class InheritedListener {
  readonly #listener: Deno.Listener | Deno.DatagramConn;
  readonly descriptor: number;

  constructor(open: () => Deno.Listener | Deno.DatagramConn) {
    for (;;) {
      const { result, own } = opened(open);
      if (own !== undefined) {
        this.#listener = result;
        this.descriptor = Number(own[0]);
        return;
      }
      // A test in another thread of this process has opened a socket at the same time.
      result.close();
    }
  }

  /** On a free port of 127.0.0.1, or of another address. */
  static tcp(hostname = "127.0.0.1"): InheritedListener {
    return new InheritedListener(() => Deno.listen({ hostname, port: 0 }));
  }

  static unix(path: string): InheritedListener {
    const [folder, name] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
    return new InheritedListener(() => {
      // Of an attempt before.
      if (Array.from(Deno.readDirSync(folder), (entry) => entry.name).includes(name)) Deno.removeSync(path);
      return Deno.listen({ transport: "unix", path }) as Deno.Listener;
    });
  }

  /** What the descriptors of processes that have it lead to. */
  get name(): string {
    return Deno.readLinkSync(`/proc/self/fd/${this.descriptor}`);
  }

  /** As `--bind` names it. */
  get bind(): string {
    return `fd://${this.descriptor}`;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** What `start` starts inherits the socket. */
  pass<Started>(start: () => Started): Started {
    return withInherited([this.descriptor], start);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/**
 * `command` as systemd starts it (sd_listen_fds(3)): `listeners` are its descriptors from 3 on, with their names, and the
 * variables name its own process. To be called in `pass` of each.
 */
export function activated(
  command: readonly string[],
  listeners: readonly InheritedListener[],
  names: readonly string[] = [],
): string[] {
  const moved = listeners.map(({ descriptor }, index) => `${3 + index}<&${descriptor}`);
  const closed = listeners.filter(({ descriptor }) => descriptor >= 3 + listeners.length)
    .map(({ descriptor }) => `${descriptor}<&-`);
  const script = `export LISTEN_PID=$$ LISTEN_FDS=${listeners.length} LISTEN_FDNAMES=${names.join(":")}\n` +
    `exec "$@" ${[...moved, ...closed].join(" ")}`;
  return ["bash", "-c", script, "bash", ...command];
}
