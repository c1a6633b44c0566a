import fc from "fast-check";
import {
  knownMethods,
  pathSize,
  readRunningRequest,
  runningRequestSize,
  RunningRequestWriter,
} from "../../../src/core/telemetry/running_request.ts";
import { assert, assertEquals } from "../../assert.ts";

const offset = 64;

function fresh() {
  const buffer = new ArrayBuffer(offset + runningRequestSize + 64);
  return {
    buffer,
    writer: new RunningRequestWriter(buffer, offset),
    sequence: new Int32Array(buffer, offset, 1),
    read: () => readRunningRequest(buffer, offset),
  };
}

Deno.test("a request is read until the next one, or until it is cleared", () => {
  const { writer, read } = fresh();
  assertEquals(read(), null);
  writer.set("GET", "/a", 17);
  assertEquals(read(), { method: "GET", path: "/a", since: 17 });
  writer.set("PROPFIND", "", 18);
  assertEquals(read(), { method: "PROPFIND", path: "", since: 18 });
  writer.clear();
  assertEquals(read(), null);
});

Deno.test("the text of the same request is not written again", () => {
  const { writer, read, sequence } = fresh();
  writer.set("GET", "/a", 1);
  writer.clear();
  writer.set("GET", "/a", 2);
  assertEquals([sequence[0], read()], [2, { method: "GET", path: "/a", since: 2 }]);
  writer.set("POST", "/a", 3);
  assertEquals([sequence[0], read()], [4, { method: "POST", path: "/a", since: 3 }]);
});

Deno.test("an unknown method is OTHER", () => {
  const { writer, read } = fresh();
  writer.set("BREW", "/pot", 1);
  assertEquals(read()?.method, "OTHER");
});

Deno.test("a text that is being written is not reported", () => {
  const { writer, read, sequence } = fresh();
  writer.set("GET", "/a", 1);
  sequence[0]!++;
  assertEquals(read(), null);
  sequence[0]!++;
  assertEquals(read()?.path, "/a");
});

Deno.test("a text that changes while it is copied is read again", () => {
  const { buffer, writer } = fresh();
  writer.set("GET", "/old", 1);
  const slice = Uint8Array.prototype.slice;
  let copies = 0;
  Uint8Array.prototype.slice = function (...range) {
    const copy = slice.apply(this, range);
    if (++copies === 1) writer.set("POST", "/new", 2);
    return copy;
  };
  try {
    assertEquals(readRunningRequest(buffer, offset), { method: "POST", path: "/new", since: 2 });
    assertEquals(copies, 2);
  } finally {
    Uint8Array.prototype.slice = slice;
  }
});

Deno.test("a sequence number that overflowed is still even or odd", () => {
  const { writer, read, sequence } = fresh();
  sequence[0] = 0x7fff_fffe;
  writer.set("GET", "/a", 1);
  assertEquals([sequence[0], read()?.path], [-0x8000_0000, "/a"]);
  sequence[0]!++;
  assertEquals(read(), null);
});

Deno.test("a long path is cut, but never inside a character", () => {
  const { writer, read } = fresh();
  writer.set("GET", "/".repeat(5000), 1);
  assertEquals(read()?.path, "/".repeat(pathSize));
  writer.set("GET", "/" + "ü".repeat(200), 1);
  assertEquals(read()?.path, "/" + "ü".repeat(123));
  writer.set("GET", "/" + "😀".repeat(200), 1);
  assertEquals(read()?.path, "/" + "😀".repeat(61));
});

Deno.test("property: what is read is what was set last, and no other byte is written", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text).length;
  const request = fc.record({
    method: fc.constantFrom(...knownMethods),
    path: fc.oneof(
      fc.string({ maxLength: 400 }),
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.constant("/x".repeat(200)),
    ),
    since: fc.integer({ min: 1, max: 2 ** 45 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 10 }), (requests) => {
      const { buffer, writer, read } = fresh();
      for (const { method, path, since } of requests) {
        writer.set(method, path, since);
        const found = read()!;
        assertEquals([found.method, found.since], [method, since]);
        assert(path.startsWith(found.path), found.path);
        // It is cut only if the next character does not fit.
        if (found.path !== path) assert(bytesOf(found.path) > pathSize - 4 && bytesOf(path) > pathSize);
      }
      const bytes = new Uint8Array(buffer);
      assert(bytes.subarray(0, offset).every((byte) => byte === 0));
      assert(bytes.subarray(offset + runningRequestSize).every((byte) => byte === 0));
    }),
    { numRuns: 50 },
  );
});
