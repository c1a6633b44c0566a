import { acceptedCodings } from "../../../src/core/http/accepted_codings.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("codings come as the client likes them, and the smallest of those it likes as much first", () => {
  const expected: readonly [string | null, readonly string[]][] = [
    [null, []],
    ["", []],
    ["gzip", ["gzip"]],
    ["gzip, deflate, br, zstd", ["br", "zstd", "gzip"]],
    ["GZIP", ["gzip"]],
    ["x-gzip", ["gzip"]],
    ["gzip;q=1, br;q=0.5", ["gzip", "br"]],
    ["br;q=0, gzip;q=0.001", ["gzip"]],
    ["gzip; q=0", []],
    ["*", ["br", "zstd", "gzip"]],
    ["*;q=0", []],
    ["*;q=0, gzip", ["gzip"]],
    ["br;q=0, *", ["zstd", "gzip"]],
    ["identity", []],
    [" gzip ;q=0.5 , br ", ["br", "gzip"]],
  ];
  for (const [header, codings] of expected) assertEquals(acceptedCodings(header), codings, String(header));
});
