/** The end of a response of `node:http`. */

import http from "node:http";
import type { NodeHttp, NodeResponse } from "./node_http.ts";

const ended = Symbol("ended");

interface Watched {
  [ended]?: (() => void) | undefined;
  emit(event: string, ...args: unknown[]): boolean;
}

/**
 * Deno 2.7 makes an abort signal for each response that has a listener for `close`: 260,000 instructions for a hello
 * instead of 160,000. There the event itself is watched.
 */
function watchEvents(): NodeHttp["onClose"] {
  const prototype = http.ServerResponse.prototype as unknown as Watched;
  const { emit } = prototype;
  prototype.emit = function (this: Watched, event) {
    if (event === "close") {
      const closed = this[ended];
      // It comes twice if the client has left before the app ends the response.
      this[ended] = undefined;
      closed?.();
    }
    // As many arguments as there were: listeners may count them.
    return Reflect.apply(emit, this, arguments);
  };
  return (response, closed) => void ((response as NodeResponse & Watched)[ended] = closed);
}

export const onClose: NodeHttp["onClose"] = "_listen" in http.Server.prototype
  ? watchEvents()
  : (response, closed) => response.on("close", closed);
