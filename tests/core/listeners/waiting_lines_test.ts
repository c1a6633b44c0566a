import fc from "fast-check";
import { type Line, type Look, observe, shortest } from "../../../src/core/listeners/waiting_lines.ts";
import { assert, assertEquals } from "../../assert.ts";

/** A look at a worker that is busy with as many handlers as it has begun. */
type Seen = Pick<Look, "waiting" | "requests"> & { readonly isHandling: boolean };

const idle: Seen = { waiting: 0, isHandling: false, requests: 0 };

/** The line after looks that are 1 ms apart, the first of them at 0. */
function after(...looks: readonly Seen[]): Line {
  return seen(
    ...looks.map(({ isHandling, ...look }) => ({ ...look, ahead: Number(isHandling), turn: look.requests })),
  );
}

function seen(...looks: readonly Look[]): Line {
  return looks.reduce<Line | null>((line, look, now) => observe(line, look, now), null)!;
}

function chosen(lines: Record<string, Line>, now: number): string[] {
  return shortest(new Map(Object.entries(lines)), now);
}

Deno.test("all idle workers get connections", () => {
  assertEquals(chosen({ a: after(idle), b: after(idle) }, 0), ["a", "b"]);
});

Deno.test("a worker that has been in the same handler since the last look gets none while another is idle", () => {
  const busy = { ...idle, isHandling: true, requests: 1 };
  assertEquals(chosen({ a: after(idle, busy, busy), b: after(idle, idle, idle) }, 2), ["b"]);
});

Deno.test("a worker in another handler at each look is not busy: its handlers are short", () => {
  const looks = [1, 2, 3, 4].map((requests) => ({ ...idle, isHandling: true, requests }));
  assertEquals(chosen({ a: after(idle, ...looks), b: after(idle, idle, idle, idle, idle) }, 4), ["a", "b"]);
});

Deno.test("a handler of a worker whose handlers are long counts from the first look on", () => {
  const long = Array.from({ length: 20 }, () => ({ ...idle, isHandling: true, requests: 1 }));
  const next = { ...idle, isHandling: true, requests: 2 };
  const looks = [...long, idle, next];
  assertEquals(chosen({ a: after(...looks), b: after(...looks.map(() => idle)) }, looks.length - 1), ["b"]);
});

Deno.test("a worker whose event loop does not accept is busy, whatever keeps it so", () => {
  const waits = { ...idle, waiting: 1 };
  assertEquals(chosen({ a: after(idle, waits, waits), b: after(idle, idle, idle) }, 2), ["b"]);
});

Deno.test("if all are busy, the shortest line is chosen: what runs, what waits, and what was accepted", () => {
  const one = { ...idle, isHandling: true, requests: 1 };
  const two = { ...one, waiting: 1 };
  assertEquals(chosen({ a: after(one, one, one), b: after(two, two, two) }, 2), ["a"]);
  // Of the two that waited the worker has begun one; the other is in the runtime, where nobody sees it.
  const accepted = after({ ...one, waiting: 2 }, { ...one, waiting: 2 }, { ...one, requests: 2 }, {
    ...one,
    requests: 2,
  });
  assertEquals(chosen({ a: accepted, b: after(two, two, two, two) }, 3), ["a", "b"]);
});

Deno.test("a worker that is idle has begun all that it accepted", () => {
  const line = after({ ...idle, waiting: 3 }, idle, { ...idle, waiting: 1 }, { ...idle, waiting: 1 });
  assertEquals(line.accepted, 0);
});

Deno.test("with one request at a time, those that wait in the worker are part of its line", () => {
  const one = { waiting: 0, ahead: 1, requests: 1, turn: 0 };
  const two = { ...one, ahead: 2, requests: 2 };
  const idle = { waiting: 0, ahead: 0, requests: 5, turn: 5 };
  // A second request has come meanwhile; the first goes on.
  assertEquals(seen(one, two, two).busySince, 0);
  assertEquals(chosen({ a: seen(two, two, two), b: seen(one, one, one) }, 2), ["b"]);
  assertEquals(chosen({ a: seen(one, one, one), b: seen(idle, idle, idle) }, 2), ["b"]);
});

Deno.test("property: some worker is chosen, and none that is busy while another is idle", () => {
  const look = fc.record({
    waiting: fc.nat(20),
    isHandling: fc.boolean(),
    begun: fc.nat(3),
  });
  const looks = fc.array(look, { minLength: 2, maxLength: 10 });
  fc.assert(fc.property(fc.array(looks, { minLength: 1, maxLength: 6 }), (workers) => {
    const length = Math.min(...workers.map((worker) => worker.length));
    const lines = new Map(workers.map((worker, index) => {
      let requests = 0;
      return [
        index,
        after(
          ...worker.slice(0, length).map(({ waiting, isHandling, begun }) => ({
            ...{ waiting, isHandling },
            requests: requests += begun,
          })),
        ),
      ];
    }));
    const now = length - 1;
    const found = shortest(lines, now);
    assert(found.length > 0);
    const isIdle = ({ waiting, ahead }: Line) => waiting === 0 && ahead === 0;
    if (!lines.values().some(isIdle)) return;
    for (const index of found) {
      const line = lines.get(index)!;
      assert(
        isIdle(line) || line.busySince === now,
        "a worker that has been busy since the last look was chosen",
      );
      assert(line.accepted >= 0);
    }
  }));
});
