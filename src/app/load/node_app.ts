/** Apps of `node:http`: what the frameworks for Node.js export, and how each becomes a server. */

import { DenicornError } from "../../core/errors.ts";
import type { NodeHandler, NodeHttp, NodeServer } from "../../system/system.ts";

/** Makes the app ready and returns its server. Rejects with what the app throws. */
export type NodeApp = (http: NodeHttp) => Promise<NodeServer>;

type Method = (...args: unknown[]) => unknown;

/** `undefined` for what is no such app. Any function is one if `isCallable`. */
export function nodeAppOf(app: unknown, isCallable: boolean): NodeApp | undefined {
  // An Express app is a function with listen(); any other function was said to be one.
  if (isCallable) return (http) => Promise.resolve(http.createServer(app as NodeHandler));
  if (typeof app !== "object" || app === null) return undefined;
  const method = (name: string): Method | undefined => {
    const found: unknown = app[name as keyof typeof app];
    return typeof found === "function" ? found.bind(app) : undefined;
  };
  const [emit, listen, callback, ready, init, getHttpServer] = [
    "emit",
    "listen",
    "callback",
    "ready",
    "init",
    "getHttpServer",
  ].map(method);
  if (listen === undefined) return undefined;
  // Koa is an emitter, too, but has no address.
  if (callback !== undefined) {
    return (http) => Promise.resolve(http.createServer(callback() as NodeHandler));
  }
  if (init !== undefined && getHttpServer !== undefined) {
    return async (http) => {
      await init();
      return serverIn(http, getHttpServer());
    };
  }
  if (ready !== undefined && "server" in app) {
    return async (http) => {
      await ready();
      return serverIn(http, app.server);
    };
  }
  return emit === undefined ? undefined : async (http) => await serverIn(http, app);
}

function serverIn(http: NodeHttp, value: unknown): NodeServer {
  if (!http.isServer(value)) {
    throw new DenicornError(
      "app-export-kind",
      "cannot load the app: its server is not one of node:http: export a server of http.createServer()",
    );
  }
  if (http.isEncrypted(value)) {
    throw new DenicornError(
      "app-export-kind",
      "cannot load the app: its server is one of node:https: export a server of node:http, and " +
        "start with --certfile and --keyfile",
    );
  }
  return value;
}
