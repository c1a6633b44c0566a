/** What a worker tells its master about an error, short enough for one message. */

import type { DenicornError } from "../core/errors.ts";
import type { Failure } from "../protocol/messages.ts";

/** Far below the longest message the link takes, and more than anybody reads. */
const longest = 65_536;

export function toFailure({ code, message, detail }: DenicornError): Failure {
  return { code, message: clipped(message), detail: detail === undefined ? undefined : clipped(detail) };
}

export function stackOf(error: unknown): string {
  return clipped(error instanceof Error ? error.stack ?? String(error) : String(error));
}

function clipped(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters)`;
}
