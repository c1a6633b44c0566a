/** examples/chat in a real browser: eight visitors on four workers, through a reload and the death of a worker. */

import type { Page } from "playwright-core";
import { assert, assertEquals } from "../assert.ts";
import { browserTest } from "./browser.ts";
import type { Server } from "./server.ts";

const app = new URL("../../examples/chat/main.ts", import.meta.url).pathname;

class Visitor {
  readonly #page: Page;
  readonly #name: string;

  constructor(page: Page, name: string) {
    this.#page = page;
    this.#name = name;
  }

  lines(): Promise<string[]> {
    return this.#page.locator("#lines li").allTextContents();
  }

  /** The process that has had its WebSocket last; 0 for none. */
  async process(): Promise<number> {
    const greetings = (await this.lines()).map((line) => /^You are with process (\d+)\.$/.exec(line)?.[1]);
    return Number(greetings.findLast((pid) => pid !== undefined) ?? 0);
  }

  /** While it is not connected, the page keeps the text. */
  async say(server: Server, text: string): Promise<void> {
    await server.until(`${this.#name} says ${text}`, async () => {
      await this.#page.fill("#text", text);
      await this.#page.press("#text", "Enter");
      return await this.#page.inputValue("#text") === "";
    });
  }
}

browserTest(
  "a chat in a browser: all visitors read all, also after a reload and a kill",
  async (host, open) => {
    const server = host.start({ files: {}, app, args: ["-w", "4"] });
    await server.ready(4);
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(`${server.url}/#one`)));
    const visitors = opened.map(({ page }, index) => new Visitor(page, `visitor ${index}`));

    const arrived = (isAlive: (pid: number) => boolean) =>
      server.until("all visitors on workers that stay", async () => {
        const pids = await Promise.all(visitors.map((visitor) => visitor.process()));
        return pids.every((pid) => pid > 0 && isAlive(pid)) && pids;
      });
    const talk = async (round: string) => {
      // A worker hears a room some milliseconds after its first visitor has entered it.
      await server.until(`a word in ${round} that all read`, async () => {
        await visitors[0]!.say(server, `hello in ${round}`);
        const read = await Promise.all(visitors.map((visitor) => visitor.lines()));
        return read.every((lines) => lines.some((line) => line.includes(`hello in ${round}`)));
      });
      const said = visitors.map((_, index) => `${index} in ${round}`);
      for (const [index, visitor] of visitors.entries()) await visitor.say(server, said[index]!);
      await server.until(`8 of 8 in ${round}`, async () => {
        const read = await Promise.all(visitors.map((visitor) => visitor.lines()));
        return read.every((lines) => said.every((text) => lines.some((line) => line.includes(text))));
      });
    };

    const pids = await arrived(() => true);
    assert(new Set(pids).size > 1, "all visitors are on one worker");
    await talk("the beginning");
    server.kill("SIGHUP");
    const second = (await server.ready(4, 2)).map(({ pid }) => pid);
    const [victim] = await arrived((pid) => second.includes(pid));
    await talk("generation 2");
    Deno.kill(victim!, "SIGKILL");
    const third = await server.until("the replacement", async () => {
      const alive = (await server.ready(4)).map(({ pid }) => pid);
      return !alive.includes(victim!) && alive;
    });
    await arrived((pid) => third.includes(pid));
    await talk("the end");
    const read = await Promise.all(visitors.map((visitor) => visitor.lines()));
    for (const lines of read) {
      const said = lines.filter((line) =>
        / in (the beginning|generation 2|the end)$/.test(line) && !line.includes("hello")
      );
      assertEquals(said.length, 24, "each line once");
    }
    assertEquals(
      opened.flatMap(({ complaints }) => complaints).filter((text) => !text.includes("WebSocket")),
      [],
    );
  },
);
