/**
 * Every request of the corpus: whole, byte by byte, and cut at random places. What is accepted although it is invalid is
 * listed with its reason; a case that has become right fails until its entry is removed, so the list only shrinks.
 */

import { assert, assertEquals } from "../assert.ts";
import { type Case, type Cut, outcomeOf, readCases } from "./corpus.ts";
import { integrationTest } from "./harness.ts";

const echo = `
export default async (request: Request): Promise<Response> => {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/unread") return new Response("unread");
  if (pathname === "/204" || pathname === "/304") return new Response(null, { status: Number(pathname.slice(1)) });
  if (pathname === "/socket") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.close();
    return response;
  }
  return new Response(\`\${request.method} \${pathname}\${search}|\${await request.text()}\`);
};\n`;

/** Bytes of a request that is sent byte by byte; longer ones are sent in parts. */
const short = 1_000;

const cuts: Readonly<Record<string, Cut>> = {
  "whole": (bytes) => [bytes],
  *"byte by byte"(bytes) {
    const size = bytes.length > short ? Math.ceil(bytes.length / 50) : 1;
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  },
  *"in random parts"(bytes) {
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(Math.random() * Math.max(20, bytes.length / 20));
      yield bytes.subarray(at, at + size);
      at += size;
    }
  },
};

/** Requests that are sent at the same time. */
const together = 16;

for (const file of ["valid.txt", "invalid.txt"]) {
  for (const [how, cut] of Object.entries(cuts)) {
    integrationTest(`${file} of the corpus, ${how}`, async (host) => {
      const cases = readCases(file);
      assert(cases.length >= (file === "valid.txt" ? 80 : 140), `${cases.length} cases`);
      const server = host.start({ files: { "main.ts": echo } });
      await server.ready(1);
      const wrong: string[] = [];
      const left = [...cases];
      await Promise.all(Array.from({ length: together }, async () => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          const objection = await objectionTo(server.port, one, cut, host.target.name);
          if (objection !== null) wrong.push(objection);
        }
      }));
      assertEquals(wrong, []);
      assert(!/the app (threw|answered)/.test(server.stderr), server.stderr);
      const [worker] = await server.ready(1);
      assertEquals([worker?.generation, worker?.slot], [1, 0]);
    });
  }
}

async function objectionTo(port: number, one: Case, cut: Cut, target: string): Promise<string | null> {
  const { statuses, bodies } = await outcomeOf(port, one, cut);
  const known = one.accepted.find((known) => known.target === "" || known.target === target);
  const expected = known === undefined
    ? one.expected
    : known.isAlways
    ? [known.outcome]
    : [...one.expected, known.outcome];
  const isRight = expected.some((text) => {
    const body = /"((?:[^"\\]|\\.)*)"/.exec(text);
    const withoutBodies = text.replace(/ "(?:[^"\\]|\\.)*"/g, "");
    return withoutBodies === statuses && (body === null || bodies.some((found) => found === body[1]));
  });
  return isRight
    ? null
    : `${one.title}: expected ${expected.join(" or ")}, got ${statuses} ${
      JSON.stringify(bodies).slice(0, 200)
    }`;
}
