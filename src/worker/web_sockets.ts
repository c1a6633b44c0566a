import type { WebSocketEnd } from "../system/system.ts";
import type { Requests } from "./requests.ts";

/** RFC 6455, 7.4.1: the server is going down. Clients that reconnect reach another worker. */
const goingAway = 1001;

/** The WebSockets of this worker. Each counts as a request in flight for as long as it is open. */
export class WebSockets {
  readonly #open = new Set<WebSocketEnd>();
  readonly #requests: Requests;
  #isClosing = false;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  add(socket: WebSocketEnd): void {
    this.#open.add(socket);
    this.#requests.upgraded(socket);
    const release = this.#requests.hold();
    void socket.closed.then(() => {
      this.#open.delete(socket);
      release();
    });
    if (this.#isClosing) close(socket);
  }

  /** Asks each client to close its WebSocket, including those that are opened later. */
  close(): void {
    this.#isClosing = true;
    this.#open.forEach(close);
  }
}

function close(socket: WebSocketEnd): void {
  socket.close(goingAway, "the server is going away");
}
