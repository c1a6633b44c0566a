import fc from "fast-check";
import { type Progress, ResponseReader } from "../../../bench/loss/client/response.ts";
import { assertEquals } from "../../assert.ts";

const encoder = new TextEncoder();

/** Feeds `text` in pieces of the given sizes; the last size is repeated. */
function read(text: string, { sizes = [text.length], end = false, method = "GET" } = {}) {
  const bytes = encoder.encode(text);
  const reader = new ResponseReader(method);
  let progress: Progress = "more";
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)]!;
    progress = reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  if (end) progress = reader.end();
  return { progress, status: reader.status, closes: reader.closes };
}

const complete: Readonly<Record<string, [text: string, status: number, closes: boolean]>> = {
  "a length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, false],
  "no body": ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, false],
  "no reason": ["HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, false],
  "a status that has no body": ["HTTP/1.1 204 No Content\r\n\r\n", 204, false],
  "chunks": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    200,
    false,
  ],
  "trailers": [
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n",
    200,
    false,
  ],
  "Connection: close": ["HTTP/1.1 503 No\r\nconnection: Close\r\ncontent-length: 2\r\n\r\nno", 503, true],
  "HTTP/1.0": ["HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, true],
  "HTTP/1.0 that is kept": [
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
    200,
    false,
  ],
  "an interim response": [
    "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
    200,
    false,
  ],
};

for (const [name, [text, status, closes]] of Object.entries(complete)) {
  Deno.test(`a response with ${name} is complete at its last byte, however it is split`, () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
      assertEquals(read(text, { sizes }), { progress: "complete", status, closes });
      assertEquals(read(text.slice(0, -1), { sizes }).progress, "more");
    }));
  });
}

Deno.test("without a length the body lasts until the connection ends", () => {
  const text = "HTTP/1.1 200 OK\r\n\r\nhello";
  assertEquals(read(text), { progress: "more", status: 200, closes: true });
  assertEquals(read(text, { end: true }).progress, "complete");
});

Deno.test("an end before the response is complete leaves it incomplete", () => {
  for (const text of ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"]) {
    assertEquals(read(text, { end: true }).progress, "more");
  }
});

Deno.test("a response to HEAD has no body, with any length", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  assertEquals(read(text, { method: "HEAD" }).progress, "complete");
});

const malformed: Readonly<Record<string, string>> = {
  "another protocol": "SSH-2.0-x\r\n\r\n",
  "a broken header": "HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
  "a length that is not a number": "HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
  "too many bytes": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxy",
  "a chunk that is too long": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
  "a chunk size that is not a number": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
  "a bare line feed": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
};

for (const [name, text] of Object.entries(malformed)) {
  Deno.test(`a response with ${name} is malformed`, () => {
    assertEquals(read(text).progress, "malformed");
  });
}

Deno.test("after a reset the next response is parsed", () => {
  const reader = new ResponseReader();
  const text = encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
  for (let round = 0; round < 3; round++) {
    assertEquals(reader.begun, false);
    assertEquals(reader.push(text), "complete");
    assertEquals(reader.begun, true);
    reader.reset();
  }
});
