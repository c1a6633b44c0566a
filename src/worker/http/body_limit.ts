/**
 * How large the body of a request may be: `limit-request-body`. A Content-Length that is larger is refused before the app is
 * called. Other bodies are counted while the app reads them: its read fails, and unless it answers for itself, the client
 * gets a 413.
 */

import { headerOf } from "../../system/network/requests/received.ts";
import { failureOf } from "../../system/network/responses/response_body.ts";
import type { FetchHandler } from "../../system/system.ts";
import { contentTooLarge } from "./body_failures.ts";
import { isResponse, statusOf } from "./faults.ts";
import type { Refuse } from "./refused_requests.ts";
import { isCopyOf } from "./request_id.ts";

/** `new Request()` refuses these; they have no use for a body. */
const withoutRequest: ReadonlySet<string> = new Set(["TRACE", "TRACK"]);

/** `limit` in bytes. */
export function limitBody(fetch: FetchHandler, limit: number, refuse: Refuse): FetchHandler {
  return (request, info, context) => {
    const { method } = request;
    const length = headerOf(request, "content-length");
    // The runtime reads no more than it says.
    if (length !== null) return Number(length) > limit ? refuse(413) : fetch(request, info, context);
    if (method === "GET" || method === "HEAD") return fetch(request, info, context);
    if (withoutRequest.has(method)) {
      return headerOf(request, "transfer-encoding") !== null ? refuse(413) : fetch(request, info, context);
    }
    return withCountedBody(fetch, request, info, context, { limit, refuse });
  };
}

function withCountedBody(
  fetch: FetchHandler,
  request: Request,
  info: Parameters<FetchHandler>[1],
  context: Parameters<FetchHandler>[2],
  { limit, refuse }: { readonly limit: number; readonly refuse: Refuse },
): Response | Promise<Response> {
  const { body } = request;
  if (body === null) return fetch(request, info, context);
  let left = limit;
  const reader = body.getReader();
  // Not a pipe, which ends its source when it fails: what comes after the limit is thrown away before the answer.
  const counted = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      left -= value.byteLength;
      if (left < 0) controller.error(contentTooLarge(limit));
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
  const answer = fetch(copyWith(request, counted), info, context);
  // Nothing has been read yet.
  if (isResponse(answer)) return answer;
  return Promise.resolve(answer).then(
    (response) => left < 0 && hasFailed(response) ? refuse(413) : response,
    (error) => {
      if (left < 0) return refuse(413);
      throw error;
    },
  );
}

/** The answer of a framework to what a handler threw, or the body of the request passed on. */
function hasFailed(answer: Response): boolean {
  return isResponse(answer) && (statusOf(answer) >= 500 || failureOf(answer) !== null);
}

/**
 * The signal is read when the app reads it: Deno 2.9 warns of what a signal that was read does at the end of its request, and
 * `new Request(request)` reads it.
 */
function copyWith(request: Request, body: ReadableStream<Uint8Array<ArrayBuffer>>): Request {
  const { url, method, headers } = request;
  const copy = new Request(url, { method, headers, body });
  Object.defineProperty(copy, "signal", { configurable: true, get: () => request.signal });
  isCopyOf(copy, request);
  return copy;
}
