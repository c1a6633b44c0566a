/** A fault in the source of the app: the form of all errors of esbuild and of our plugins before they are shown. */

import type { Message, PartialMessage } from "esbuild";
import type { ErrorCode } from "../core/errors.ts";

export interface Fault {
  readonly code: ErrorCode;
  /** What is wrong and what to do, on one line. */
  readonly text: string;
  /** The absolute path of the file that cannot be bundled. */
  readonly path?: string;
  /** The import that cannot be resolved, as written, and after import maps. */
  readonly specifier?: string;
  readonly target?: string;
}

/** Part of the message of the error that a bundle throws if Deno cannot load a native addon. */
export const nativeAddonPhrase = "is a native addon (compiled code) that Deno cannot load";

/** What to do then, after the words of Deno. */
export const addonHint = ": install it for this platform (Deno loads addons made with Node-API), " +
  "or use a package in JavaScript or WebAssembly, or a module of the runtime such as node:sqlite";

/** The property of an error that a bundle throws in place of what could not be bundled: a `ThrownFault`. */
export const faultProperty = "denicornFault";

export interface ThrownFault extends Pick<Fault, "code" | "text"> {
  /** The absolute path of the source, with line and column, if that is not where it is thrown. */
  readonly place: string | null;
}

/** A fault that a plugin found, as a message that esbuild passes through to the end of the build. */
export function faultMessage(fault: Fault): PartialMessage {
  return { text: fault.text, detail: fault };
}

/** Marks an error of esbuild about an import that a plugin asked it to resolve. */
export interface AskedOf {
  readonly writtenAs: string;
}

/** The import that a message is about, as the app writes it, if a plugin asked esbuild for another one. */
export function writtenIn({ detail }: Pick<Message, "detail">): string | undefined {
  return typeof detail === "object" && detail !== null && "writtenAs" in detail
    ? (detail as AskedOf).writtenAs
    : undefined;
}

/** The fault in a message made by `faultMessage`. */
export function faultOf({ detail }: Pick<Message, "detail">): Fault | undefined {
  return typeof detail === "object" && detail !== null && "code" in detail && "text" in detail
    ? detail
    : undefined;
}
