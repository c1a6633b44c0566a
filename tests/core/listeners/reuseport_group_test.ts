import fc from "fast-check";
import { bridge, type Group, join, leave } from "../../../src/core/listeners/reuseport_group.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("members are in the order of listen()", () => {
  assertEquals(join(join(join([], "a"), "b"), "c"), ["a", "b", "c"]);
});

Deno.test("the last member takes the place of the one that leaves", () => {
  const group = ["a", "b", "c", "d"];
  assertEquals(leave(group, "b"), ["a", "d", "c"]);
  assertEquals(leave(group, "d"), ["a", "b", "c"]);
  assertEquals(leave(["a"], "a"), []);
  assertEquals(group, ["a", "b", "c", "d"]);
});

Deno.test("leaving a group one is not in changes nothing", () => {
  assertEquals(leave(["a", "b"], "x"), ["a", "b"]);
  assertEquals(leave([], "x"), []);
});

/** The kernel's own order: a fixed array and a count, as in `__reuseport_add_sock` and `__reuseport_detach_sock`. */
class KernelGroup {
  readonly #sockets = new Int32Array(256);
  #count = 0;

  add(socket: number): void {
    this.#sockets[this.#count] = socket;
    this.#count++;
  }

  detach(socket: number): void {
    for (let i = 0; i < this.#count; i++) {
      if (this.#sockets[i] !== socket) continue;
      this.#sockets[i] = this.#sockets[this.#count - 1]!;
      this.#count--;
      return;
    }
  }

  get sockets(): number[] {
    return [...this.#sockets.subarray(0, this.#count)];
  }
}

Deno.test("property: any history of listen() and close() ends in the kernel's order", () => {
  const event = fc.record({ joins: fc.boolean(), socket: fc.nat(40) });
  fc.assert(fc.property(fc.array(event, { maxLength: 200 }), (history) => {
    const kernel = new KernelGroup();
    let group: Group<number> = [];
    for (const { joins, socket } of history) {
      if (!joins) {
        kernel.detach(socket);
        group = leave(group, socket);
      } else if (!group.includes(socket)) {
        kernel.add(socket);
        group = join(group, socket);
      }
      assertEquals(group, kernel.sockets);
    }
  }));
});

Deno.test("the bridge of a leave: all members that keep their index, and the last one if the hash is correct, too", () => {
  const group = ["a", "b", "c", "d"];
  const after = leave(group, "a");
  assertEquals(bridge(group, after, (member) => member !== "a"), [1, 2, 3]);
  // Index 3 is past the end afterwards, and the hash might pick b.
  assertEquals(bridge(group, after, (member) => member !== "a" && member !== "b"), [2]);
  assertEquals(bridge(["a", "b"], ["b"], () => true), [1]);
  assertEquals(bridge(["a"], [], () => true), []);
});

Deno.test("the bridge of a join leaves out the one that joins", () => {
  assertEquals(bridge(["a", "b"], ["a", "b", "c"], () => true), [0, 1]);
  assertEquals(bridge([], ["a"], () => true), []);
});

Deno.test("property: on a bridge every index gives an eligible member that stays, before and after", () => {
  const size = fc.integer({ min: 1, max: 40 });
  const pick = fc.nat(39);
  fc.assert(
    fc.property(size, pick, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (size, at, fit) => {
      const before = Array.from({ length: size }, (_, i) => i);
      const leaver = before[at % size]!;
      const after = leave(before, leaver);
      const indices = bridge(before, after, (member) => fit[member]!);
      /** The members that the kernel may pick for an index. */
      const reachable = (order: Group<number>, index: number) =>
        index < order.length ? [order[index]!] : order;
      for (const order of [before, after]) {
        for (const index of indices) {
          const candidates = reachable(order, index);
          assert(candidates.length > 0);
          for (const member of candidates) assert(fit[member]! && member !== leaver);
        }
      }
      // It is complete: all eligible members that keep their index are reachable.
      const inPlace = before.filter((member, i) => fit[member]! && after[i] === member);
      for (const member of inPlace) assert(indices.includes(before.indexOf(member)));
    }),
  );
});
