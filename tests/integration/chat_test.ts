/** examples/chat: eight clients on four workers hear each other, also after a reload and the death of a worker. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const app = new URL("../../examples/chat/main.ts", import.meta.url).pathname;

/** A client that connects again when its WebSocket is closed. */
class ChatClient {
  readonly #server: Server;
  readonly #room: string;
  readonly heard: string[] = [];
  #socket: WebSocket;
  #isEnding = false;
  /** The process that has its WebSocket; 0 while there is none. */
  process = 0;

  constructor(server: Server, room: string) {
    this.#server = server;
    this.#room = room;
    this.#socket = this.#connect();
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.close();
    await closed;
  }

  #connect(): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#server.port}/rooms/${this.#room}`);
    socket.onmessage = ({ data }) => {
      const greeting = /^You are with process (\d+)\.$/.exec(data);
      if (greeting === null) this.heard.push(data);
      else this.process = Number(greeting[1]);
    };
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = () => {
      this.process = 0;
      if (!this.#isEnding) this.#socket = this.#connect();
    };
    return socket;
  }
}

testOnOneTarget(
  "a chat on four workers: 8 of 8 clients hear all, also after a reload and a kill",
  async (host) => {
    const server = host.start({ files: {}, app, args: ["-w", "4"] });
    await server.ready(4);
    const clients = Array.from({ length: 8 }, () => new ChatClient(server, "one"));
    const stranger = new ChatClient(server, "two");
    const connected = async (isAlive: (pid: number) => boolean) => {
      await server.until(
        "all clients on workers that stay",
        () => [...clients, stranger].every(({ process }) => process > 0 && isAlive(process)),
      );
      // The other workers know of a room some milliseconds after its first client has entered it.
      await server.until("what each says reaches all", () => {
        clients.forEach((client, index) => client.say(`hello ${index}`));
        return clients.every(({ heard }) => clients.every((_, index) => heard.includes(`hello ${index}`)));
      });
    };
    let round = 0;
    const talk = async () => {
      round++;
      const said = clients.map((client, index) => {
        const text = `${index} in round ${round}`;
        client.say(text);
        return text;
      });
      await server.until(
        "8 of 8",
        () => clients.every(({ heard }) => said.every((text) => heard.includes(text))),
      );
      for (const client of clients) {
        const heard = client.heard.splice(0).filter((text) => !text.startsWith("hello"));
        assertEquals(heard.toSorted(), said.toSorted());
      }
    };

    await connected(() => true);
    const workers = new Set(clients.map(({ process }) => process));
    assert(workers.size > 1, "all clients are on one worker");
    await talk();

    server.kill("SIGHUP");
    const second = (await server.ready(4, 2)).map(({ pid }) => pid);
    await connected((pid) => second.includes(pid));
    await talk();

    const victim = clients[0]!.process;
    Deno.kill(victim, "SIGKILL");
    const third = (await server.until("the replacement", async () => {
      const found = await server.ready(4);
      return found.every(({ pid }) => pid !== victim) && found;
    })).map(({ pid }) => pid);
    await connected((pid) => third.includes(pid));
    await talk();

    assertEquals(stranger.heard, []);
    await Promise.all([...clients, stranger].map((client) => client.end()));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
    assertMatch(server.stderr, /SIGKILL/);
    assertEquals(server.stderr.match(/dropped|broke-protocol/g), null);
  },
);
