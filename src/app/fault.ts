/** A fault in the app's source, with its place: what every failed bundle is turned into before it is shown. */

import type { Message, PartialMessage } from "esbuild";
import type { ErrorCode } from "../core/errors.ts";

export interface Fault {
  readonly code: ErrorCode;
  /** What is wrong and what to do, on one line. */
  readonly text: string;
}

/** What the error says that a bundle throws in place of a native addon. */
export const nativeAddonPhrase = "loads a native addon (compiled code)";

/** A fault that one of our plugins found, in the form in which esbuild carries it to the end of the build. */
export function faultMessage(fault: Fault): PartialMessage {
  return { text: fault.text, detail: fault };
}

/** The fault that `faultMessage` put into a message. */
export function faultOf({ detail }: Pick<Message, "detail">): Fault | undefined {
  return typeof detail === "object" && detail !== null && "code" in detail && "text" in detail
    ? detail
    : undefined;
}
