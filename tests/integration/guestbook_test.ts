import { assert, assertEquals } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

const app = new URL("../../examples/guestbook/main.ts", import.meta.url).pathname;

testOnOneTarget(
  "the guestbook: several workers write at once, one is killed, and no saved entry is lost",
  async (host) => {
    const server = host.start({
      files: {},
      app,
      args: ["-w", "3"],
      env: { GUESTBOOK_DB: `${host.folder}/guestbook.sqlite` },
    });
    const [victim] = await server.ready(3);
    // It has a deno.json of its own: that of the checkout asks for what only the server itself needs.
    assert(!server.stderr.includes(" warning "), server.stderr);
    const saved = new Set<string>();
    const write = async (writer: number) => {
      for (let entry = 0; entry < 25; entry++) {
        const message = `entry ${entry} of writer ${writer}`;
        if (writer === 0 && entry === 10) Deno.kill(victim!.pid, "SIGKILL");
        try {
          const response = await server.fetch("/api/entries", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ name: "Ada", message }),
          });
          await response.body?.cancel();
          if (response.status === 201) saved.add(message);
        } catch {
          // The killed worker had it: not acknowledged, so it may be saved or not.
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
    assert(saved.size > 150, `${saved.size} of 200 saved`);

    await server.ready(3);
    const found = new Set<string>();
    for (let before = ""; before !== "end";) {
      const page = await (await server.fetch(`/api/entries?limit=100${before}`)).json();
      for (const { message } of page.entries) found.add(message);
      before = page.nextBefore === undefined ? "end" : `&before=${page.nextBefore}`;
    }
    assertEquals([...saved].filter((message) => !found.has(message)), []);

    const html = await server.text("/");
    assert(html.includes("entry 24 of writer") && html.startsWith("<!DOCTYPE html>"), html.slice(0, 200));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);
