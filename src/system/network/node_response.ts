/** A response of `node:http`: its end, and what the runtime is kept from doing to it. */

import http from "node:http";
import type { NodeHttp, NodeRequest, NodeResponse } from "./node_http.ts";
import { compressesUnasked, leaveUncompressed } from "./compression.ts";

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

/** What Deno 2.7 makes a response of `fetch` with. */
interface Responding {
  readonly req: Pick<NodeRequest, "headers">;
  _resolve(response: Response): void;
  respond(...args: unknown[]): void;
}

/** Responses of `node:http` are never compressed, as on Deno 2.9. Once, before the app is imported. */
export function keepWhole(): void {
  const prototype = http.ServerResponse.prototype as unknown as Responding;
  const { respond } = prototype;
  if (!compressesUnasked || typeof respond !== "function") return;
  prototype.respond = function (this: Responding, ...args) {
    const { headers } = this.req;
    if (headers["accept-encoding"] !== undefined) {
      const { _resolve } = this;
      this._resolve = (response) => {
        leaveUncompressed(response, headers["host"] !== undefined);
        _resolve(response);
      };
    }
    return Reflect.apply(respond, this, args);
  };
}
