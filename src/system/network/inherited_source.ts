import type { InheritedSource, SharedSource } from "./network.ts";

/** Whether the process that has started the server has opened the socket. That one may keep it, so it is never ended. */
export function isInherited(source: SharedSource): source is InheritedSource {
  return !("path" in source) || source.isInherited === true;
}
