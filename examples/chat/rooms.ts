/** The rooms that clients of this worker are in. */
import { type Channel, channel } from "denicorn";

/** In characters. */
const longestText = 2_000;

/** In bytes that a client has not read: one that reads nothing must not fill the memory. */
const mostUnread = 1_000_000;

interface Room {
  readonly channel: Channel;
  readonly sockets: Set<WebSocket>;
}

export class Rooms {
  readonly #rooms = new Map<string, Room>();

  /** The client gets what is written in the room, and can write. It gets the process of its worker first. */
  enter(name: string, socket: WebSocket): void {
    const room = this.#rooms.get(name) ?? this.#open(name);
    room.sockets.add(socket);
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string" || data.length > longestText) return socket.close(1009, "too long");
      tell(room, data);
      room.channel.post(data);
    });
    socket.addEventListener("close", () => this.#leave(name, room, socket));
    socket.send(`You are with process ${Deno.pid}.`);
  }

  #open(name: string): Room {
    const room: Room = { channel: channel(`room ${name}`), sockets: new Set() };
    room.channel.onmessage = ({ data }) => tell(room, data);
    this.#rooms.set(name, room);
    return room;
  }

  #leave(name: string, room: Room, socket: WebSocket): void {
    room.sockets.delete(socket);
    if (room.sockets.size > 0) return;
    room.channel.close();
    this.#rooms.delete(name);
  }
}

/** To the clients of this worker. */
function tell({ sockets }: Room, text: string): void {
  for (const socket of sockets) {
    if (socket.readyState !== WebSocket.OPEN) continue;
    if (socket.bufferedAmount > mostUnread) socket.close(1008, "reads too slowly");
    else socket.send(text);
  }
}
