/**
 * A chat with rooms: each worker has the WebSockets of some of the clients, and a channel takes what they write to the
 * other workers.
 *
 *     denicorn examples/chat/main.ts --workers 4 --bind 127.0.0.1:8000
 */
import { Rooms } from "./rooms.ts";

const here = import.meta.dirname ?? ".";
const page = Deno.readTextFileSync(`${here}/page.html`);
const rooms = new Rooms();

export default (request: Request): Response => {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  }
  const room = pathname.match(/^\/rooms\/([\w-]{1,40})$/)?.[1];
  if (room === undefined) return new Response("There is no page at this address.\n", { status: 404 });
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("A room is a WebSocket.\n", { status: 426, headers: { upgrade: "websocket" } });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.addEventListener("open", () => rooms.enter(room, socket));
  return response;
};
