/** A fault in the source of the app: the form of all errors of esbuild and of our plugins before they are shown. */

import type { Message, PartialMessage } from "esbuild";
import type { ErrorCode } from "../core/errors.ts";

export interface Fault {
  readonly code: ErrorCode;
  /** What is wrong and what to do, on one line. */
  readonly text: string;
}

/** Part of the message of the error that a bundle throws in place of a native addon. */
export const nativeAddonPhrase = "loads a native addon (compiled code)";

/** A fault that a plugin found, as a message that esbuild passes through to the end of the build. */
export function faultMessage(fault: Fault): PartialMessage {
  return { text: fault.text, detail: fault };
}

/** The fault in a message made by `faultMessage`. */
export function faultOf({ detail }: Pick<Message, "detail">): Fault | undefined {
  return typeof detail === "object" && detail !== null && "code" in detail && "text" in detail
    ? detail
    : undefined;
}
