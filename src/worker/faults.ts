/**
 * What can be wrong with the answer of an app. The runtime checks the same, but its error names neither the method nor
 * the path of the request.
 */

import { clip } from "../protocol/framing.ts";

export interface Fault {
  /** What the app did wrong, in a few words. */
  readonly text: string;
  /** A stack. */
  readonly detail?: string;
}

/** The class of the runtime: an app may replace the global one, and Deno.serve refuses objects of another class. */
const { Response } = globalThis;

export function isResponse(answer: unknown): answer is Response {
  return answer instanceof Response;
}

export function appThrew(error: unknown): Fault {
  return { text: "the app threw", detail: stackOf(error) };
}

/** Why the runtime would refuse the answer of an app; `null` if it would not. */
export function faultOf(answer: unknown): Fault | null {
  if (!isResponse(answer)) return notAResponse(answer);
  try {
    if (answer.bodyUsed) return { text: "the app answered a Response whose body has been read before" };
    if (answer.type === "error") return { text: "the app answered Response.error(), which cannot be sent" };
    return null;
  } catch {
    // It has the prototype of Response, but the constructor has not made it.
    return notAResponse(answer);
  }
}

function notAResponse(answer: unknown): Fault {
  const described = describe(answer);
  const hint = answer === undefined
    ? ": is a return missing?"
    : described === "an object (Response)"
    ? " of this runtime: does it come from another library?"
    : "";
  return { text: `the app answered ${described}, not a Response${hint}` };
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const { constructor } = value;
  return typeof constructor === "function" ? `an object (${constructor.name})` : "an object";
}

/** The stack of what was thrown, or its text. */
export function stackOf(thrown: unknown): string {
  return clip(thrown instanceof Error ? thrown.stack ?? String(thrown) : String(thrown));
}
