/** A response of `node:http`: its end, and what the runtime is kept from doing to it. */

import http from "node:http";
import type { Socket } from "node:net";
import type { NodeHttp, NodeRequest, NodeResponse } from "./node_http.ts";
import { addWritten } from "./node_written.ts";
import { compressesUnasked, leaveUncompressed } from "./responses/compression.ts";

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

/** Deno 2.7, which takes a listener from there. */
const isDeno27 = "_listen" in http.Server.prototype;

export const onClose: NodeHttp["onClose"] = isDeno27
  ? watchEvents()
  : (response, closed) => response.on("close", closed);

/**
 * Deno 2.7 closes a response whose client leaves if something listens for that, and not while a part of the request is to
 * come: then only the request fails, once the app reads it. Deno 2.9 does not close the responses to further requests of
 * a connection that ends with the response before them.
 */
export const endWithClient: NodeHttp["endWithClient"] = isDeno27
  ? (request, response, left) => {
    response.on("close", () => {});
    const incoming = request as http.IncomingMessage;
    // The event `error` is only for those that listen.
    incoming.on("close", () => {
      if (incoming.errored === null) return;
      response.destroy();
      left();
    });
  }
  : ({ socket }, _, left) => {
    if ((socket as Socket).destroyed) return left();
    const known = leaving.get(socket);
    if (known !== undefined) return void known.push(left);
    const all = [left];
    leaving.set(socket, all);
    (socket as Socket).once("close", () => all.forEach((left) => left()));
  };

/** What to call when a connection closes: one listener for all of its requests. */
const leaving = new WeakMap<NodeRequest["socket"], (() => void)[]>();

/**
 * What the app writes from now on goes nowhere. Deno 2.7 has the connection until it has an answer, also if its client has
 * left; Deno 2.9 does not close a response that its connection has not come to.
 */
export const abandon: NodeHttp["abandon"] = isDeno27
  ? (response) => {
    const own = response as unknown as Responding;
    if (response.headersSent) own._destroy(new Error("the client has left"), () => {});
    else own._resolve(new Response(null, { status: 499, headers: { connection: "close" } }));
    response.destroy();
  }
  : (response) => {
    response.destroy();
    (response as unknown as Watched).emit("close");
  };

/** What Deno 2.7 makes a response of `fetch` with. */
interface Responding {
  readonly req: Pick<NodeRequest, "headers">;
  /** The body. */
  _readable: ReadableStream;
  _resolve(response: Response): void;
  /** With an error, its body fails. */
  _destroy(error: Error, done: () => void): void;
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

/**
 * Sends an answer of `fetch` as a response of Node, a stream no faster than the client takes it. Rejects if the stream
 * fails.
 */
export async function sendAnswer(answer: Response, response: NodeResponse): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  const { body } = answer;
  if (body === null) return response.end();
  if (!answer.headers.has("content-length")) {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    response.setHeader("content-length", String(bytes.length));
    return response.end(bytes);
  }
  const reader = body.getReader();
  if (!resolvesAnswers) return await write(reader, response);
  // Deno 2.7 keeps in memory what is written, however slow the client is. Of a stream that it is given it reads in turn.
  const own = response as unknown as NodeResponse & Responding;
  const sent = Promise.withResolvers<void>();
  own._readable = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          addWritten(response, value.byteLength);
          return controller.enqueue(value);
        }
        controller.close();
        response.end();
        sent.resolve();
      } catch (error) {
        sent.reject(error);
        throw error;
      }
    },
    cancel() {
      sent.resolve();
      response.destroy();
      return reader.cancel();
    },
  }, { highWaterMark: 0 });
  own.respond(false);
  await sent.promise;
}

const resolvesAnswers = typeof Reflect.get(http.ServerResponse.prototype, "respond") === "function";

async function write(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  response: NodeResponse,
): Promise<void> {
  let goOn = () => {};
  let isClosed = false;
  response.on("drain", () => goOn());
  response.on("close", () => {
    isClosed = true;
    void reader.cancel();
    goOn();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (isClosed) return;
    if (done) return response.end();
    if (!response.write(value)) await new Promise<void>((resolve) => goOn = resolve);
  }
}
