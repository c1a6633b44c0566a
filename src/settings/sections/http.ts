import { duration } from "../kinds/duration.ts";
import { wholeNumber } from "../kinds/number.ts";
import { size } from "../kinds/size.ts";
import { staticFolder } from "../kinds/static_folder.ts";
import { commaList, headerName, ipRange } from "../kinds/text.ts";
import { many, one, onOrOff } from "../setting.ts";

const second = 1_000;
const hour = 3_600 * second;
const terabyte = 1024 ** 4;

/** What workers do for every app: a worker gets all of these unchanged. */
export const httpSettings = {
  http2: onOrOff({
    description:
      "Whether clients are offered HTTP/2 over TLS. If not set: where the runtime finishes all of its requests when " +
      "a worker drains, which Deno 2.9 does and the binary does not, and not with worker-class sync. Apps of node:http " +
      "never offer it.",
    unset: "auto",
    reload: true,
  }),
  compress: onOrOff({
    description:
      "Whether responses with a type that is text are compressed for clients that accept it, except those with " +
      "Content-Encoding, Content-Range or Cache-Control: no-transform. Not for apps of node:http.",
    unset: "off",
    reload: true,
  }),
  forwardedAllowIps: many(ipRange, {
    description:
      "Proxies whose X-Forwarded-For, -Proto and -Host, or Forwarded, name the client, scheme and host of a request: " +
      "addresses and ranges such as 10.0.0.0/8, or * for all. Those that connect to a Unix socket are always believed. " +
      "From other clients these headers are dropped. Not for apps of node:http.",
    default: ["127.0.0.1", "::1"],
    unset: "nobody",
    list: commaList,
    reload: true,
  }),
  requestIdHeader: one(headerName, {
    description:
      "Header with the id of a request, for the app, the access log and lines about errors. It is believed of " +
      "forwarded-allow-ips and over Unix sockets; other requests get a new id.",
    default: "x-request-id",
    reload: true,
  }),
  static: many(staticFolder, {
    description:
      "Folder whose files are served below a path, such as /assets=./public or /=./site; what is not there is the app's. May " +
      "be repeated: the longest path counts. Files whose names begin with a dot are not served, and no link leads out of " +
      "the folder.",
    default: [],
    reload: true,
  }),
  proxyProtocol: onOrOff({
    description:
      "Whether each connection begins with a header of the PROXY protocol, version 1 or 2, which names its client. Of " +
      "forwarded-allow-ips only: other connections are closed. For TCP without TLS; not for apps of node:http.",
    unset: "off",
    reload: true,
  }),
  keepAlive: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a connection may be idle between two requests before the worker closes it. 0 turns this off.",
    default: 75 * second,
    reload: true,
  }),
  headerTimeout: one(duration({ from: 0.1 * second, to: hour, zero: "to turn it off" }), {
    description:
      "How long a client may take, from its connection or from the first byte of its next request on, until the head of " +
      "its request is complete. A head that has begun is answered with 408. A worker that drains waits for one no longer " +
      "than 5 s. 0 turns this off.",
    default: 10 * second,
    reload: true,
  }),
  bodyTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a client may send nothing while the app waits for more of the body of its request. It gets a 408, if it " +
      "has no answer yet. Does not apply to apps of node:http. 0 turns this off.",
    default: 30 * second,
    reload: true,
  }),
  writeTimeout: one(duration({ from: 0.1 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long a client may take nothing of what is sent to it before its connection is reset. 0 turns this off.",
    default: 60 * second,
    reload: true,
  }),
  drainStreamsAfter: one(duration({ from: 0.01 * second, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long after a worker has begun to drain it ends server-sent events (text/event-stream), so that their clients " +
      "connect again. Other streams have until graceful-timeout. 0 turns this off.",
    default: 0,
    reload: true,
  }),
  requestTimeout: one(duration({ from: 1, to: 24 * hour, zero: "to turn it off" }), {
    description:
      "How long the app may take to begin its answer. Then the client gets a 504 and request.signal aborts; streams and " +
      "WebSockets that have begun go on. Not for apps of node:http.",
    default: 0,
    reload: true,
  }),
  limitRequestBody: one(size({ from: 1, to: terabyte, zero: "for no limit" }), {
    description:
      "Size of the body of a request above which the client gets a 413: by its Content-Length before the app is called, " +
      "else when the app has read that much. Not for apps of node:http.",
    default: 0,
    reload: true,
  }),
  limitRequestLine: one(wholeNumber({ from: 0, to: 65_536 }), {
    description:
      "Bytes of a request line above which the client gets a 414; 0: the limit of the runtime, 64 KB. Not for apps of " +
      "node:http.",
    default: 0,
    reload: true,
  }),
  limitRequestFields: one(wholeNumber({ from: 0, to: 100 }), {
    description:
      "Header fields above which the client gets a 431, those of one name counted once; 0: the limit of the runtime, about " +
      "100. Not for apps of node:http.",
    default: 0,
    reload: true,
  }),
  limitConcurrency: one(wholeNumber({ from: 0, to: 1_000_000 }), {
    description:
      "How many requests the app of a worker handles at once, each until it has answered; others wait in a queue. 0 turns " +
      "this off. Not for apps of node:http.",
    default: 0,
    reload: true,
  }),
  queueSize: one(wholeNumber({ from: 0, to: 1_000_000 }), {
    description:
      "How many requests of a worker may wait because of limit-concurrency or worker-class sync; others get a 503 with " +
      "Retry-After.",
    default: 100,
    reload: true,
  }),
  queueTimeout: one(duration({ from: 1, to: 24 * hour }), {
    description:
      "How long a request may wait because of limit-concurrency or worker-class sync before it gets a 503.",
    default: 5_000,
    reload: true,
  }),
};
