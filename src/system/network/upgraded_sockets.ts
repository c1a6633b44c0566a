/** The WebSockets that the app accepts, which the runtime does not report, and the errors in their listeners. */

import { symbolOf } from "../runtime_internals.ts";
import { callFor } from "../uncaught_source.ts";
import type { WebSocketEnd } from "../system.ts";

type Listener = EventListener | EventListenerObject;
type Failed = (error: unknown) => void;

const { addEventListener, removeEventListener } = EventTarget.prototype;

/** Calls `opened` for each WebSocket, and `failed` for what its listeners throw or reject with, and nobody catches. */
export function onWebSocket(
  opening: (request: Request) => number | null,
  opened: (socket: WebSocketEnd, peerPort: number | null) => void,
  failed: (socket: WebSocketEnd, error: unknown) => void,
): void {
  const upgrade = Deno.upgradeWebSocket;
  Deno.upgradeWebSocket = (request, options) => {
    const peerPort = opening(request);
    const upgraded = upgrade(request, options);
    const { socket, response } = upgraded;
    const end: WebSocketEnd = {
      request,
      response,
      close(code, reason) {
        const close = () => closeAndListen(socket, code, reason);
        if (socket.readyState === WebSocket.CONNECTING) {
          addEventListener.call(socket, "open", close, { once: true });
        } else close();
      },
      closed: new Promise((resolve) =>
        addEventListener.call(socket, "close", (event) => resolve(codeOf(event as CloseEvent)), {
          once: true,
        })
      ),
    };
    opened(end, peerPort);
    watchListeners(socket, (error) => failed(end, error));
    return upgraded;
  };
}

/** Without a close frame the runtime says 0 (RFC 6455, 7.1.5: 1006). */
function codeOf({ code }: CloseEvent): number {
  return code === 0 ? 1006 : code;
}

/** The property under which the runtime keeps whose end of the connection a WebSocket is, and its values. */
const role = "[[role]]";
const serverRole = 0;
const clientRole = 1;

/**
 * Once it has sent its close frame, a server of the runtime drops the connection at the next message, so that a client
 * which was just sending gets a reset, often in place of the code. A client of the runtime goes on until the other side
 * closes, too. Where the runtime does not show the property, clients may get the reset.
 */
function closeAndListen(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const name = symbolOf(socket, role);
  if (name === undefined || Reflect.get(socket, name) !== serverRole) return;
  Reflect.set(socket, name, clientRole);
  // It has no effect any more, and would throw for the codes that only servers may use.
  Object.defineProperty(socket, "close", { configurable: true, writable: true, value: () => {} });
}

/** Also those of `onmessage` and the like, which the runtime adds by this method. */
function watchListeners(socket: WebSocket, onFailed: Failed): void {
  let hasFailed = false;
  const failed = (error: unknown) => {
    hasFailed = true;
    onFailed(error);
  };
  const watched = new WeakMap<Listener, EventListener>();
  Object.defineProperties(socket, {
    addEventListener: {
      configurable: true,
      writable: true,
      value(type: string, listener: Listener | null, options?: boolean | AddEventListenerOptions): void {
        addEventListener.call(socket, type, isListener(listener) ? watch(listener) : listener, options);
      },
    },
    removeEventListener: {
      configurable: true,
      writable: true,
      value(type: string, listener: Listener | null, options?: boolean | EventListenerOptions): void {
        const added = isListener(listener) ? watched.get(listener) : undefined;
        removeEventListener.call(socket, type, added ?? listener, options);
      },
    },
  });

  /** The same one for the same listener: it may be added once and removed again. */
  function watch(listener: Listener): EventListener {
    let watching = watched.get(listener);
    if (watching === undefined) {
      const call = typeof listener === "function"
        ? (event: Event) => listener.call(socket, event)
        : (event: Event) => listener.handleEvent(event);
      watching = (event) => {
        // It is closed; what the client had sent before it knew of that is lost.
        return hasFailed && event.type === "message" ? undefined : callFor(failed, () => call(event));
      };
      watched.set(listener, watching);
    }
    return watching;
  }
}

/** Other values are the runtime's to refuse. */
function isListener(value: unknown): value is Listener {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
