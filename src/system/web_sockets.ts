import type { WebSocketEnd } from "./system.ts";

/** Calls `opened` for each WebSocket that the app accepts. The runtime does not report them. */
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
