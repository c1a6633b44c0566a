/**
 * Whether a request is one. The runtime accepts some heads that other servers on the way read differently, and puts
 * `Host` into `request.url` as it is, so that a `Host` of `a/admin?` chose the path. These requests get an answer here;
 * the app never sees them. What the runtime does not show is in docs/http.md.
 */

import { authorityIn, isAuthority } from "../../core/http/authority.ts";
import { refusedCoding } from "../../core/http/transfer_coding.ts";
import { changeUrl, directUrl } from "../../system/network/requests/forwarded_requests.ts";
import { headerOf, refusesBothFramings } from "../../system/network/requests/received.ts";
import type { ClientFault } from "./client_faults.ts";
import type { RequestLine } from "./in_flight_requests.ts";

/** Why a request is not admitted. */
export interface Refusal extends ClientFault {
  /** What the request line asks for. */
  readonly target: string;
}

type Scheme = "http://" | "https://";

/** Hosts that are kept: a server may have many names, and a client can make up any number of them. */
const mostKnown = 256;

export class Admission {
  readonly #scheme: Scheme;
  readonly #known = new Set<string>();
  /** Of the last request: nearly all requests of a connection name the same one. */
  #host: string | null = null;
  /** What the URL of a request begins with if it names that host and its target is a path. */
  #prefix = "";

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /** `null` if the app may have it. Corrects `request.url` where the runtime took more than the target and the host. */
  check(request: Request): Refusal | null {
    const url = directUrl(request);
    const { method } = request;
    const host = headerOf(request, "host");
    let target: string | Refusal = url;
    // A slice is compared in 240 instructions, `startsWith` takes 1,000.
    if (host === null || host !== this.#host || url.slice(0, this.#prefix.length) !== this.#prefix) {
      target = this.#checkHost(method, url, host);
      if (typeof target !== "string") return target;
    }
    // Deno 2.7 drops the fragment, 2.9 leaves it in.
    if (target.includes("#")) target = target.replace(/#.*/s, "");
    if (target !== url) changeUrl(request, target);
    const isFramingSure = (method === "GET" || method === "HEAD") && refusesBothFramings;
    return isFramingSure ? null : this.#checkBody(request, url);
  }

  /** Returns the URL that the app is to see. */
  #checkHost(method: string, url: string, host: string | null): string | Refusal {
    const scheme = this.#scheme;
    const objection = (text: string, status: 400 | 501 = 400) =>
      refused({ method, url }, { scheme, host, text, status });
    if (host !== null && !this.#isKnown(host)) return objection("the Host header is not valid");
    // What a proxy of another kind would do with it.
    if (method === "CONNECT") return objection("CONNECT is not supported", 501);
    const prefix = `${scheme}${host}/`;
    if (host !== null && url.startsWith(prefix)) {
      this.#host = host;
      this.#prefix = prefix;
      return url;
    }
    // HTTP/2, a request without Host, or a target with a scheme and a host of its own, which is what counts then.
    const own = /^https?:\/\//.exec(url)?.[0];
    if (own === undefined) return objection("the target has a scheme other than http");
    if (!this.#isKnown(authorityIn(url, own))) return objection("the host of the target is not valid");
    return scheme + url.slice(own.length);
  }

  #checkBody(request: Request, url: string): Refusal | null {
    const codings = headerOf(request, "transfer-encoding");
    if (codings === null) return null;
    const status = refusedCoding(codings, headerOf(request, "content-length") !== null);
    const { method } = request;
    const text = "the Transfer-Encoding is not supported";
    return status === null
      ? null
      : refused({ method, url }, { scheme: this.#scheme, host: this.#host, text, status });
  }

  #isKnown(host: string): boolean {
    if (this.#known.has(host)) return true;
    if (!isAuthority(host)) return false;
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.add(host);
    return true;
  }
}

interface Objection extends ClientFault {
  readonly status: Refusal["status"];
  readonly scheme: Scheme;
  readonly host: string | null;
}

/** The target is what follows the scheme and the host in the URL, also if that host is none. */
function refused({ method, url }: RequestLine, { scheme, host, text, status }: Objection): Refusal {
  if (method === "CONNECT") return { status, text, target: url.replace(/^https?:\/\//, "") };
  const front = host === null || host === "" ? "" : scheme + host;
  const isInFront = front !== "" && url.startsWith(front);
  const path = isInFront ? url.slice(front.length) : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  return { status, text, target: path.startsWith("/") ? path : `/${path}` };
}
