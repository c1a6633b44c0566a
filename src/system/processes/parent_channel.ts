/**
 * The other end of `child_process.fork` in a script that the binary runs: the runtime passes the socket on, but sets up
 * `process.send` and its events only in programs that are not compiled. Messages are lines of JSON.
 */

import { errorNumber, lastError, libc } from "../libc.ts";
import {
  EAGAIN,
  EINTR,
  F_SETFD,
  FD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SHUT_RDWR,
} from "../linux_constants.ts";

/** Node's process, whose properties a script sees. */
interface NodeProcess {
  emit(name: string, ...values: unknown[]): boolean;
  on(name: string, listener: (name: unknown) => void): unknown;
}

const descriptorVariable = "NODE_CHANNEL_FD";
const modeVariable = "NODE_CHANNEL_SERIALIZATION_MODE";

const POLLIN = 1;
const POLLOUT = 4;
const pieceSize = 65_536;

/** Connects Node's process to the parent that has forked this one; does nothing if it was started in another way. */
export function openParentChannel({ default: process }: { readonly default: NodeProcess }): void {
  const descriptor = Number(Deno.env.get(descriptorVariable) ?? NaN);
  const mode = Deno.env.get(modeVariable) ?? "json";
  // What the script starts is not connected to it.
  for (const name of [descriptorVariable, modeVariable]) Deno.env.delete(name);
  if (!Number.isInteger(descriptor) || mode !== "json") return;
  libc().fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  new ParentChannel(descriptor, process).attach();
}

class ParentChannel {
  readonly #descriptor: number;
  readonly #process: NodeProcess;
  #isConnected = true;
  #isReading = false;

  constructor(descriptor: number, process: NodeProcess) {
    this.#descriptor = descriptor;
    this.#process = process;
  }

  attach(): void {
    const set = (name: string, property: PropertyDescriptor) =>
      Object.defineProperty(this.#process, name, { configurable: true, enumerable: true, ...property });
    set("connected", { get: () => this.#isConnected });
    set("channel", { value: { ref() {}, unref() {} } });
    set("send", { value: (message: unknown, ...rest: unknown[]) => this.#send(message, rest) });
    set("disconnect", { value: () => this.#disconnect() });
    // Only a script that listens is kept alive by the channel, as in Node.
    this.#process.on("newListener", (name: unknown) => {
      if (name === "message" || name === "disconnect") void this.#read();
    });
  }

  #send(message: unknown, rest: readonly unknown[]): boolean {
    const callback = rest.findLast((value) => typeof value === "function");
    const error = this.#isConnected
      ? this.#write(`${JSON.stringify(message)}\n`)
      : new Error("Channel closed");
    if (callback !== undefined) queueMicrotask(() => Reflect.apply(callback, null, [error]));
    return error === null;
  }

  /** Waits for the parent to take all of it. Returns the error of the system. */
  #write(text: string): Error | null {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) {
      const rest = bytes.subarray(sent);
      const count = Number(
        libc().send(this.#descriptor, rest, BigInt(rest.length), MSG_DONTWAIT | MSG_NOSIGNAL),
      );
      if (count >= 0) sent += count;
      else if (errorNumber() === EAGAIN) libc().poll(pollOf(this.#descriptor, POLLOUT), 1n, -1);
      else if (errorNumber() !== EINTR) return lastError("send");
    }
    return null;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const decoder = new TextDecoder();
    const piece = new Uint8Array(pieceSize);
    let text = "";
    while (this.#isConnected) {
      // In a thread: the event loop goes on.
      await libc().poll_in_thread(pollOf(this.#descriptor, POLLIN), 1n, -1);
      if (!this.#isConnected) break;
      const count = Number(libc().read(this.#descriptor, piece, BigInt(piece.length)));
      if (count < 0 && [EAGAIN, EINTR].includes(errorNumber())) continue;
      if (count <= 0) break;
      const lines = (text + decoder.decode(piece.subarray(0, count), { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#process.emit("message", JSON.parse(line), undefined);
    }
    this.#isConnected = false;
    libc().close(this.#descriptor);
    this.#process.emit("disconnect");
  }

  #disconnect(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    // Ends the call that waits in a thread, whose reader then closes the socket.
    libc().shutdown(this.#descriptor, SHUT_RDWR);
    if (this.#isReading) return;
    libc().close(this.#descriptor);
    this.#process.emit("disconnect");
  }
}

function pollOf(descriptor: number, events: number): Uint8Array<ArrayBuffer> {
  const poll = new DataView(new ArrayBuffer(8));
  poll.setInt32(0, descriptor, true);
  poll.setInt16(4, events, true);
  return new Uint8Array(poll.buffer);
}
