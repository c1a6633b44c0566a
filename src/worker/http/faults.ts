/**
 * What can be wrong with the answer of an app. The runtime checks the same, but its error names neither the method nor
 * the path of the request.
 */

import { shownStack } from "../../app/app_stack.ts";
import { attempt, errorIn } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import { failureOf, hasLockedBody } from "../../system/network/responses/response_body.ts";

export interface Fault {
  /** What the app did wrong, in a few words. */
  readonly text: string;
  /** What the app threw. */
  readonly thrown?: { readonly value: unknown };
  /** Of the request, if that cannot be asked for it. */
  readonly requestId?: string | undefined;
}

/** The class of the runtime: an app may replace the global one, and Deno.serve refuses objects of another class. */
const { Response } = globalThis;

/**
 * What the runtime sees, whatever getters the class of an app has. Throws for an object that only has the prototype of
 * Response: Deno.serve would end with it. One function that calls all of them, and another for `isResponse`, cost 0.4 µs a request, because V8
 * could not inline them.
 */
function getterOf<Name extends keyof Response>(name: Name): (this: Response) => Response[Name] {
  return Object.getOwnPropertyDescriptor(Response.prototype, name)!.get!;
}

const bodyUsed = getterOf("bodyUsed");
const type = getterOf("type");
const status = getterOf("status");
const headers = getterOf("headers");

export function statusOf(response: Response): number {
  return status.call(response);
}

export function headersOf(response: Response): Headers {
  return headers.call(response);
}

export function isResponse(answer: unknown): answer is Response {
  try {
    return answer instanceof Response;
  } catch {
    // A Proxy.
    return false;
  }
}

/** What the client gets if the app failed. */
export function internalServerError(): Response {
  return new Response("Internal Server Error", { status: 500 });
}

/** A response with other headers than `original`, whose own may not be changed. */
export function copyOf(original: Response): Response {
  return new Response(getterOf("body").call(original), {
    status: statusOf(original),
    statusText: getterOf("statusText").call(original),
    headers: headersOf(original),
  });
}

export function appThrew(error: unknown, requestId?: string): Fault {
  return { text: "the app threw", thrown: { value: error }, requestId };
}

/** Whether something has begun to read the body, so that it cannot be sent. False for what only looks like a response. */
export function isBodyTaken(response: Response): boolean {
  return attempt(() => bodyUsed.call(response) === true || hasLockedBody(response), false);
}

/** Why the runtime would refuse the answer of an app; `null` if it would not. */
export function faultOf(answer: unknown): Fault | null {
  if (!isResponse(answer)) return notAResponse(answer);
  try {
    if (bodyUsed.call(answer)) {
      return { text: "the app answered a Response whose body has been read before" };
    }
    if (hasLockedBody(answer)) {
      return { text: "the app answered a Response whose body is locked: is it read elsewhere?" };
    }
    if (type.call(answer) === "error") {
      return { text: "the app answered Response.error(), which cannot be sent" };
    }
    // Sent, it would be a 200 that is cut off: nothing has been sent yet.
    const failure = failureOf(answer);
    // What an app has fetched fails so when its client has left.
    if (failure === null || errorIn(failure.value)?.name === "AbortError") return null;
    return { text: "the body of the response failed", thrown: failure };
  } catch {
    // It has the prototype of Response, but the constructor has not made it.
    return notAResponse(answer, true);
  }
}

function notAResponse(answer: unknown, isSimilar = false): Fault {
  const described = describe(answer);
  const hint = answer === undefined
    ? ": is a return missing?"
    : isSimilar || described === "an object (Response)"
    ? " of this runtime: does it come from another library?"
    : "";
  return { text: `the app answered ${described}, not a Response${hint}` };
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return attempt(() => {
    const { constructor } = value;
    return typeof constructor === "function" ? `an object (${constructor.name})` : "an object";
  }, "an object");
}

/** The app's part of the stack of what was thrown, or its text, for a message to the master or a log line. */
export function clippedStack(thrown: unknown, bundle: string): string {
  return clip(shownStack(thrown, bundle));
}
