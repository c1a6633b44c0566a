/**
 * A second descriptor of each listening socket. If accepting fails because the process is out of file descriptors
 * (EMFILE), the runtime closes its own and never accepts again. Through the second one the socket goes on listening, so
 * new connections wait in its accept queue, until a new server of the runtime accepts from the same socket.
 */

import type { HttpServer, Serve, ServeOptions, System, TcpAddress } from "../../system/system.ts";

export class KeptSockets {
  readonly #system: Pick<System, "sockets">;
  #kept: readonly number[] = [];

  constructor(system: Pick<System, "sockets">) {
    this.#system = system;
  }

  get descriptors(): readonly number[] {
    return this.#kept;
  }

  /** Keeps none where the system cannot, or has too few file descriptors. */
  keep(listeners: readonly number[]): void {
    const kept: number[] = [];
    this.#kept = kept;
    try {
      for (const listener of listeners) kept.push(this.#system.sockets.keep(listener));
    } catch {
      this.close();
    }
  }

  /** Whether each of them listens. */
  get areListening(): boolean {
    return this.#kept.length > 0 && this.#kept.every((kept) => this.#system.sockets.isListening(kept));
  }

  /** A server, with its descriptor, that accepts from the socket number `index`. Throws if that is impossible. */
  serve(
    index: number,
    address: TcpAddress,
    options: Omit<ServeOptions, "address">,
    serve: Serve,
    listeners: () => readonly number[],
  ): { server: HttpServer; descriptor: number } {
    const { sockets } = this.#system;
    const before = listeners();
    // On any free port: a second listener at the same address would get connections.
    const server = serve({ ...options, address: { hostname: address.hostname, port: 0 } });
    try {
      const descriptor = listeners().find((listener) => !before.includes(listener));
      if (descriptor === undefined) throw new Error("the listening socket was not found");
      sockets.swap(descriptor, this.#kept[index]!);
      return { server: { ...server, address }, descriptor };
    } catch (error) {
      void server.stopAccepting();
      throw error;
    }
  }

  close(): void {
    this.#kept.forEach((kept) => this.#system.sockets.close(kept));
    this.#kept = [];
  }
}
