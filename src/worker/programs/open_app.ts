/** The app of a worker, ready to be served: as a handler of `Deno.serve`, or as a server of `node:http`. */

import { DenicornError } from "../../core/errors.ts";
import type { App } from "../../app/load/validate_app.ts";
import type { FetchHandler, Serve, ServeShared, System } from "../../system/system.ts";
import type { Fault } from "../http/faults.ts";
import type { InFlightRequest, RequestLine } from "../http/in_flight_requests.ts";
import type { HttpEdge } from "../http/edge.ts";
import type { Requests } from "../http/requests.ts";
import type { StaticFiles } from "../http/static_files.ts";
import { LeftClients } from "./left_clients.ts";
import { NodeFiles } from "./node_files.ts";
import { NodeRequests } from "./node_requests.ts";
import { NodeTurns } from "./node_turns.ts";

export interface OpenedApp {
  /** Listens, with every request counted. */
  readonly serve: Serve;
  /** The same on a socket that others accept from as well; `null` if that is impossible. */
  readonly serveShared: ServeShared | null;
  /** Asks the app within the process, uncounted. */
  readonly ask: FetchHandler;
  /** Closes the WebSockets that the system does not report, with a code of RFC 6455. */
  closeWebSockets(code: number): void;
}

export interface OpeningOptions {
  readonly requests: Requests;
  readonly edge: HttpEdge;
  /** What is served in front of the app; the edge does that for `fetch`. */
  readonly files: StaticFiles | null;
  readonly onFault: (entry: InFlightRequest, fault: Fault) => void;
  /** With `worker-class` sync. */
  readonly onRefusedUpgrade: (request: RequestLine) => void;
}

/** Rejects with what the app throws. */
export async function openApp(
  system: System,
  app: App,
  { requests, edge, files, onFault, onRefusedUpgrade }: OpeningOptions,
): Promise<OpenedApp> {
  const { network, nodeHttp } = system;
  if (app.kind === "fetch") {
    const counted = edge.counted(edge.hooks === null ? app.fetch : edge.hooks.around(app.fetch));
    return {
      serve: (options) => network.serve(options, edge.admitting(counted, options.tls !== undefined)),
      serveShared: (source, options) =>
        network.serveShared(source, options, edge.admitting(counted, options.tls !== undefined)),
      ask: app.fetch,
      closeWebSockets: () => {},
    };
  }
  edge.hooks?.warnOfNode();
  const http = await nodeHttp();
  if (requests.access?.needs.size === true) http.countWritten();
  const server = await app.open(http);
  const counted = new NodeRequests(server, http, requests, {
    onFault,
    onRefusedUpgrade,
    files: files && new NodeFiles(files, http.send),
    turns: edge.turns && new NodeTurns(edge.turns, http.endWithClient, (kind) => requests.failed(kind)),
  });
  const ports = new Set<number>();
  new LeftClients(system, requests.entries, ports, http.abandon).start();
  return {
    serve(options) {
      if (options.proxyProtocol !== undefined) {
        throw new DenicornError(
          "app-address",
          "cannot listen: proxy-protocol is on, and apps of node:http cannot be served with it: leave it out",
        );
      }
      const served = http.serve(options, server, counted.emit);
      ports.add(served.address.port);
      return served;
    },
    serveShared: null,
    ask: (request) => http.ask(server, request),
    closeWebSockets: (code) => counted.closeWebSockets(code),
  };
}
