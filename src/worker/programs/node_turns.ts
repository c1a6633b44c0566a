/** `worker-class` sync for an app of `node:http`: the event of a request is emitted when it is its turn. */

import type { FailureKind } from "../../core/telemetry/failures.ts";
import type { NodeHttp, NodeRequest, NodeResponse, NodeSocket } from "../../system/system.ts";
import type { Places } from "../http/places.ts";

/** That of one request: it runs at once, waits, or cannot even wait. */
interface Turn {
  /** Calls `serve`, now or later, unless the request waits for too long or its client leaves. */
  run(serve: () => void): void;
  /** Its response was sent, or its connection broke: until then it counts. */
  closed(): void;
}

export class NodeTurns {
  readonly #places: Places;
  readonly #endWithClient: NodeHttp["endWithClient"];
  readonly #onFailure: (kind: FailureKind) => void;

  constructor(
    places: Places,
    endWithClient: NodeHttp["endWithClient"],
    onFailure: (kind: FailureKind) => void,
  ) {
    this.#places = places;
    this.#endWithClient = endWithClient;
    this.#onFailure = onFailure;
  }

  /** `onLeft`: its client has left, and the response may not close. */
  begin(request: NodeRequest, response: NodeResponse, onLeft: () => void): Turn {
    const places = this.#places;
    let isClosed = false;
    let isRunning = places.enter();
    const wait = isRunning ? null : places.wait();
    return {
      run: (serve) => {
        this.#endWithClient(request, response, onLeft);
        if (isClosed) return;
        if (isRunning) return serve();
        if (wait === null) return this.#refuse(response);
        void wait.outcome.then((outcome) => {
          if (outcome === "late") return this.#refuse(response);
          if (outcome === "left") return;
          if (isClosed) return places.leave();
          isRunning = true;
          serve();
        });
      },
      closed() {
        isClosed = true;
        wait?.left();
        if (isRunning) places.leaveWritten();
      },
    };
  }

  #refuse(response: NodeResponse): void {
    this.#onFailure("busy");
    response.statusCode = 503;
    response.setHeader("retry-after", "1");
    response.end("Service Unavailable");
  }
}

const refusedUpgrade = "WebSockets are not supported\n";

/** In place of what the app would upgrade. */
export function refuseUpgrade(socket: NodeSocket): void {
  const head = [
    "HTTP/1.1 501 Not Implemented",
    "Content-Type: text/plain;charset=UTF-8",
    `Content-Length: ${refusedUpgrade.length}`,
    "Connection: close",
  ];
  socket.end(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${refusedUpgrade}`));
}
