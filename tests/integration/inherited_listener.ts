/** Listening sockets of a test, for servers that inherit them. */

import { opened } from "../../src/system/network/listener_state.ts";
import { withInherited } from "../../src/system/processes/inheritance.ts";

/** Listens and never accepts: the servers do. */
export class InheritedListener {
  readonly #listener: Deno.Listener;
  readonly descriptor: number;

  constructor(open: () => Deno.Listener) {
    const { result, own } = opened(open);
    this.#listener = result;
    this.descriptor = Number(own![0]);
  }

  /** On a free port of 127.0.0.1, or of another address. */
  static tcp(hostname = "127.0.0.1"): InheritedListener {
    return new InheritedListener(() => Deno.listen({ hostname, port: 0 }));
  }

  static unix(path: string): InheritedListener {
    return new InheritedListener(() => Deno.listen({ transport: "unix", path }) as Deno.Listener);
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
