/**
 * How long the head of a request may be: `limit-request-line` and `limit-request-fields`. Deno itself takes a target of 64 KB
 * and a hundred fields, and answers 400, 414 or 431 to more, which no handler sees.
 */

import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import type { FetchHandler } from "../../system/system.ts";
import { targetOf } from "./in_flight_requests.ts";
import type { Refuse } from "./refused_requests.ts";

interface HeadLimits {
  /** In bytes; 0 for no limit. */
  readonly limitRequestLine: number;
  /** Fields of one name count once: the runtime joins them. 0 for no limit. */
  readonly limitRequestFields: number;
}

/** What stands in the line besides method and target. */
const restOfLine = "  HTTP/1.1".length;

export function limitHead(
  fetch: FetchHandler,
  { limitRequestLine, limitRequestFields }: HeadLimits,
  refuse: Refuse,
): FetchHandler {
  return (request, info, context) => {
    if (limitRequestLine > 0) {
      const target = targetOf(directUrl(request));
      if (request.method.length + target.length + restOfLine > limitRequestLine) return refuse(414);
    }
    if (limitRequestFields > 0 && hasMoreFields(request.headers, limitRequestFields)) return refuse(431);
    return fetch(request, info, context);
  };
}

function hasMoreFields(headers: Headers, limit: number): boolean {
  let left = limit;
  for (const _name of headers.keys()) if (--left < 0) return true;
  return false;
}
