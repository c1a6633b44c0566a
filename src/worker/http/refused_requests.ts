/** What a client gets in place of an answer of the app. */

import type { FailureKind } from "../../core/telemetry/failures.ts";
import type { ClientFault } from "./client_faults.ts";

const texts = {
  413: "Content Too Large",
  414: "URI Too Long",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

/** Of these the rest of the request may be on its way: to read it all would be what the limit is against. */
const closing: ReadonlySet<number> = new Set([413, 414, 431]);

const kinds: Partial<Record<keyof typeof texts, FailureKind>> = {
  413: "large",
  414: "large",
  431: "large",
  503: "busy",
  504: "late",
};

/** Makes what a client gets because of a limit, and counts it. */
export type Refuse = (status: keyof typeof texts) => Response;

/** `onFailure` is called with the kind of each. */
export function refusing(onFailure: (kind: FailureKind) => void): Refuse {
  return (status) => {
    const kind = kinds[status];
    if (kind !== undefined) onFailure(kind);
    return refusal(status);
  };
}

/** For a path of which it is not to be seen what is there. */
export function notFound(): Response {
  return new Response("Not Found", { status: 404 });
}

function refusal(status: keyof typeof texts): Response {
  const response = new Response(texts[status], { status });
  if (closing.has(status)) response.headers.set("connection", "close");
  // In seconds (RFC 9110, 10.2.3): places become free all the time.
  if (status === 503) response.headers.set("retry-after", "1");
  return response;
}

/** It ends the connection: what follows on it may be no request. */
export function answerTo({ status, text }: ClientFault): Response {
  const response = new Response(`${text}\n`, { status, headers: { connection: "close" } });
  if (status === 426) {
    response.headers.set("connection", "upgrade, close");
    response.headers.set("upgrade", "websocket");
    response.headers.set("sec-websocket-version", "13");
  }
  return response;
}
