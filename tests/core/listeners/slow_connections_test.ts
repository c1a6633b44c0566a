import fc from "fast-check";
import {
  type ConnectionLook,
  type ConnectionRecord,
  judge,
  type Timeout,
} from "../../../src/core/listeners/slow_connections.ts";
import { assert, assertEquals } from "../../assert.ts";
import { kept as look, limits } from "../../fakes/connection_looks.ts";

/** For a second. */
const kept: ConnectionLook = { ...look, descriptor: 9, sinceReceived: 1_010, sinceSent: 1_000 };

interface Seen {
  readonly at: number;
  readonly look?: Partial<ConnectionLook>;
  readonly isBusy?: boolean;
}

/** What is passed at each look. */
function passed(...seen: readonly Seen[]): (Timeout | null)[] {
  let last: ConnectionRecord | null = null;
  return seen.map(({ at, look = {}, isBusy = false }) => {
    const judgement = judge({ ...kept, ...look }, last, at, isBusy, limits);
    last = judgement.record;
    return judgement.passed;
  });
}

Deno.test("a silent connection has the time of a head, from when it was made", () => {
  const silent = { received: 0, taken: 0 };
  assertEquals(
    passed({ at: 0, look: { ...silent, sinceReceived: 9_999 } }, {
      at: 1,
      look: { ...silent, sinceReceived: 10_000 },
    }),
    [null, "header-timeout"],
  );
});

Deno.test("what a silent connection begins at last gets no more time", () => {
  const begun = { received: 10, taken: 0, sinceReceived: 100 };
  assertEquals(
    passed({ at: 9_000, look: { received: 0, taken: 0, sinceReceived: 9_000 } }, { at: 10_000, look: begun }),
    [null, "header-timeout"],
  );
});

Deno.test("a head that trickles in has as much time as one that does not come", () => {
  const first = { received: 10, taken: 0, sinceReceived: 0 };
  assertEquals(
    passed(
      { at: 0, look: first },
      { at: 5_000, look: { ...first, received: 15 } },
      { at: 9_999, look: { ...first, received: 20 } },
      { at: 10_000, look: { ...first, received: 21 } },
    ),
    [null, null, null, "header-timeout"],
  );
});

Deno.test("what comes after an answer is a head, also long after it", () => {
  const begun = { received: 110, sinceReceived: 2_000, sinceSent: 4_000 };
  assertEquals(
    passed({ at: 0, look: begun }, { at: 7_999, look: begun }, { at: 8_000, look: begun }),
    [null, null, "header-timeout"],
  );
  const later = { received: 101, sinceReceived: 0, sinceSent: 0 };
  assertEquals(passed({ at: 0 }, { at: 1_000, look: later }, { at: 11_000, look: later }), [
    null,
    null,
    "header-timeout",
  ]);
});

Deno.test("an answer that has not left yet when its request ends is waited for", () => {
  const waiting = { received: 200, taken: 0, sinceReceived: 90_000, sinceSent: 90_000 };
  assertEquals(
    passed({ at: 0, look: waiting, isBusy: true }, { at: 1, look: waiting }, { at: 2, look: waiting }),
    ["body-timeout", null, null],
  );
  // Also if it was never seen in flight.
  assertEquals(passed({ at: 0, look: waiting }), [null]);
});

Deno.test("a kept connection is seen twice before it is closed", () => {
  const old = { sinceReceived: 80_000, sinceSent: 80_000 };
  assertEquals(passed({ at: 0, look: old }, { at: 1, look: old }), [null, "keep-alive"]);
  assertEquals(passed({ at: 0 }, { at: 1, look: { sinceReceived: 75_000, sinceSent: 74_999 } }), [
    null,
    null,
  ]);
});

Deno.test("an answer is late when the client takes nothing of it, not when it takes long", () => {
  const sending = { isSending: true, taken: 300 };
  assertEquals(
    passed({ at: 0, look: sending }, { at: 59_999, look: sending }, { at: 60_000, look: sending }),
    [null, null, "write-timeout"],
  );
  assertEquals(
    passed({ at: 0, look: sending }, { at: 59_000, look: { ...sending, taken: 301 } }, {
      at: 60_000,
      look: { ...sending, taken: 301 },
    }),
    [null, null, null],
  );
});

Deno.test("after an encrypted answer, a few bytes may be no head: they have the longer time", () => {
  const more = { isPlain: false, received: 110, sinceReceived: 0, sinceSent: 2_000 };
  assertEquals(
    passed({ at: 0, look: { isPlain: false } }, { at: 1_000, look: more }, { at: 11_000, look: more }, {
      at: 76_000,
      look: more,
    }),
    [null, null, null, "header-timeout"],
  );
  assertEquals(passed({ at: 0, look: more }, { at: 20_000, look: more }), [null, null]);
});

Deno.test("nothing is known of another connection with the same descriptor", () => {
  const old = { sinceReceived: 80_000, sinceSent: 80_000 };
  for (const other of [{ peerPort: 40_001 }, { received: 99 }, { taken: 199 }]) {
    assertEquals(passed({ at: 0, look: old }, { at: 1, look: { ...old, ...other } }), [null, null]);
  }
});

Deno.test("bytes that came with a request are told from those before it", () => {
  const before = (...looks: Partial<ConnectionLook>[]) =>
    looks.reduce<ConnectionRecord | null>(
      (last, look) => judge({ ...kept, ...look }, last, 0, look.sinceSent === 0, limits).record,
      null,
    )!.before;
  assertEquals(before({}, { received: 500, sinceSent: 0 }), 100);
  // Its head may have been on its way already.
  assertEquals(before({ sinceReceived: 10 }, { received: 500, sinceSent: 0 }), 0);
});

const lookOf = fc.record({
  descriptor: fc.constant(9),
  peerPort: fc.constantFrom(40_000, 40_001),
  isPlain: fc.boolean(),
  received: fc.nat(3),
  taken: fc.nat(3),
  hasEnded: fc.boolean(),
  isSending: fc.boolean(),
  sinceReceived: fc.nat(100_000),
  sinceSent: fc.nat(100_000),
});

Deno.test("whatever is seen, a request in flight costs no connection but for its body or its answer", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lookOf, fc.boolean(), fc.nat(100_000)), { maxLength: 6 }), (seen) => {
      let last: ConnectionRecord | null = null;
      let now = 0;
      for (const [look, isBusy, time] of seen) {
        now += time;
        const { record, passed }: ReturnType<typeof judge> = judge(look, last, now, isBusy, limits);
        if (isBusy) assert(passed === null || passed === "body-timeout" || passed === "write-timeout");
        if (look.isSending) assert(passed === null || passed === "write-timeout");
        assert(record.since <= now);
        last = record;
      }
    }),
  );
});

Deno.test("without limits nothing is ever passed", () => {
  const none = { keepAlive: 0, headerTimeout: 0, bodyTimeout: 0, writeTimeout: 0 };
  fc.assert(
    fc.property(fc.array(fc.tuple(lookOf, fc.boolean()), { maxLength: 6 }), (seen) => {
      let last: ConnectionRecord | null = null;
      seen.forEach(([look, isBusy], index) => {
        const { record, passed }: ReturnType<typeof judge> = judge(look, last, index * 1e6, isBusy, none);
        assertEquals(passed, null);
        last = record;
      });
    }),
  );
});
