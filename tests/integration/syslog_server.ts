/** A syslog server that keeps what it gets. */

export class SyslogServer implements Disposable {
  readonly messages: string[] = [];
  readonly #socket: Deno.DatagramConn;

  constructor(address: Deno.UnixListenOptions | Deno.UdpListenOptions) {
    this.#socket = "path" in address
      ? Deno.listenDatagram({ ...address, transport: "unixpacket" })
      : Deno.listenDatagram({ ...address, transport: "udp" });
    void this.#receive();
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  async #receive(): Promise<void> {
    for await (const [bytes] of this.#socket) this.messages.push(new TextDecoder().decode(bytes));
  }

  /** The texts of the messages with these heads. */
  texts(head: RegExp): string[] {
    return this.messages.filter((message) => head.test(message)).map((message) => message.replace(head, ""));
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
