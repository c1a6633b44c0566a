/** What the runtime knows about the body of a response and does not tell. */

const inner = Object.getOwnPropertySymbols(new Response()).find(({ description }) =>
  description === "response"
);

interface Kept extends Response {
  readonly [name: symbol]: { readonly body?: { readonly streamOrStatic?: unknown } | null } | undefined;
}

/**
 * Whether another reader holds the body. Deno 2.7 ends the server for such an answer, 2.9 answers 500 without a line.
 * `response.body` would turn the text or the bytes that the body was made of into a stream, which is slower to send;
 * this takes 5 ns. False on a runtime that keeps the body elsewhere.
 */
export function hasLockedBody(response: Response): boolean {
  if (inner === undefined) return false;
  const stream = (response as Kept)[inner]?.body?.streamOrStatic;
  return stream instanceof ReadableStream && stream.locked;
}
