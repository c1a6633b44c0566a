/**
 * An answer that comes before the request has: a 413, a login that failed. Clients that send a body to its end before they
 * look for an answer lose it if the connection is closed meanwhile: on Deno 2.7 Python and Node saw EPIPE in place of the
 * 413 to an upload of 50 MB. On that runtime nothing can be read after the answer, so the rest of the body is read and
 * thrown away before. nginx calls this lingering_close, and waits as long: 5 s for the next byte, 30 s for all.
 */

import { unreadBody } from "../../system/network/requests/unread_body.ts";
import { wholeStatus } from "../../system/network/responses/response_body.ts";
import type { Clock, FetchHandler } from "../../system/system.ts";
import { isResponse } from "./faults.ts";

/** Milliseconds between two looks, in which a part of the body must come. */
const silence = 5_000;

/** After 30 s the answer is sent in any case. */
const mostLooks = 6;

/** Bytes that the runtime reads by itself, at least, and that have mostly come with the request. */
const short = 64 * 1024;

/** `fetch`, whose answers wait for the end of the request. A stream does not wait: the app may still be reading. */
export function afterRequest(fetch: FetchHandler, clock: Pick<Clock, "after">): FetchHandler {
  return (request, info, context) => {
    const { method } = request;
    if (method === "GET" || method === "HEAD") return fetch(request, info, context);
    const fail = async (error: unknown): Promise<never> => {
      await discardRest(request, clock);
      throw error;
    };
    let answer;
    try {
      answer = fetch(request, info, context);
    } catch (error) {
      return fail(error);
    }
    if (isResponse(answer)) return whenRead(request, answer, clock);
    return Promise.resolve(answer).then((response) => whenRead(request, response, clock), fail);
  };
}

function whenRead(
  request: Request,
  answer: Response,
  clock: Pick<Clock, "after">,
): Response | Promise<Response> {
  if (wholeStatus(answer) === 0) return answer;
  return discardRest(request, clock)?.then(() => answer) ?? answer;
}

/** `null` if there is nothing to wait for. */
function discardRest(request: Request, clock: Pick<Clock, "after">): Promise<void> | null {
  const rest = unreadBody(request, short);
  if (rest === null) return null;
  const { promise, resolve } = Promise.withResolvers<void>();
  let [parts, seen, looks] = [0, 0, 0];
  const look = () => {
    if (parts === seen || ++looks === mostLooks) return resolve();
    seen = parts;
    cancel = clock.after(silence, look);
  };
  let cancel = clock.after(silence, look);
  const discard = async () => {
    while (looks < mostLooks && await rest.discard()) parts++;
  };
  // It may break off, and the client may leave.
  discard().catch(() => {}).finally(() => {
    cancel();
    resolve();
  });
  return promise;
}
