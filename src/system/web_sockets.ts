import type { WebSocketEnd } from "./system.ts";

/** Calls `opened` for each WebSocket that the app accepts. The runtime has no other way to learn of them. */
export function onWebSocket(opened: (socket: WebSocketEnd) => void): void {
  const upgrade = Deno.upgradeWebSocket;
  Deno.upgradeWebSocket = (request, options) => {
    const upgraded = upgrade(request, options);
    const { socket, response } = upgraded;
    opened({
      request,
      response,
      close(code, reason) {
        const close = () => socket.close(code, reason);
        if (socket.readyState === WebSocket.CONNECTING) {
          socket.addEventListener("open", close, { once: true });
        } else close();
      },
      closed: new Promise((resolve) => socket.addEventListener("close", () => resolve(), { once: true })),
    });
    return upgraded;
  };
}
