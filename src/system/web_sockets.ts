import type { WebSocketEnd } from "./system.ts";

/** Tells of every WebSocket the app accepts: the runtime has no other way to learn of them. */
export function onWebSocket(opened: (socket: WebSocketEnd) => void): void {
  const upgrade = Deno.upgradeWebSocket;
  Deno.upgradeWebSocket = (request, options) => {
    const upgraded = upgrade(request, options);
    const { socket } = upgraded;
    opened({
      close: (code, reason) => socket.close(code, reason),
      closed: new Promise((resolve) => socket.addEventListener("close", () => resolve(), { once: true })),
    });
    return upgraded;
  };
}
