/**
 * With `watch`: pages in a browser load themselves again when a new version of the app serves, and show why one does not.
 * Each page gets a script that listens for server-sent events. A worker of the new version says its generation there; those
 * of the old one have exited by then, and the browser connects again by itself.
 */

import { directUrl } from "../../system/network/requests/forwarded_requests.ts";
import { headerOf } from "../../system/network/requests/received.ts";
import type { FetchHandler } from "../../system/system.ts";
import { faultOf } from "./faults.ts";
import { pathOf } from "./in_flight_requests.ts";

/** An app may replace the global one. */
const { Response } = globalThis;

export const refreshPath = "/.denicorn/refresh";

/** What a page was served by. Another master begins with generation 1 again. */
interface Version {
  /** Differs between masters. */
  readonly server: string;
  readonly generation: number;
}

/** Milliseconds until a browser connects again. */
const retry = 200;

export class PageRefresh {
  readonly #version: Version;
  readonly #pages = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #encoder = new TextEncoder();
  #broken: string | null = null;

  constructor(version: Version) {
    this.#version = version;
  }

  /** Answers the pages that listen, and passes all other requests on. */
  before(handler: FetchHandler): FetchHandler {
    return (request, info) => {
      const isPage = request.method === "GET" && pathOf(directUrl(request)) === refreshPath;
      return isPage ? this.#listen() : handler(request, info);
    };
  }

  /** Adds the script to each page that a browser asks for. */
  around(app: FetchHandler): FetchHandler {
    return async (request, info, context) => {
      const response = await app(request, info, context);
      const isPage = request.method === "GET" && headerOf(request, "accept")?.includes("text/html") === true;
      return isPage ? this.#withScript(response) : response;
    };
  }

  /** Why the newest version of the app does not serve. */
  showBroken(reason: string): void {
    this.#broken = reason;
    const event = this.#event();
    for (const page of this.#pages) page.enqueue(event);
  }

  #listen(): Response {
    let page: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        page = controller;
        this.#pages.add(controller);
        controller.enqueue(this.#encoder.encode(`retry: ${retry}\n\n`));
        controller.enqueue(this.#event());
      },
      cancel: () => void this.#pages.delete(page),
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store, no-transform" },
    });
  }

  #event(): Uint8Array {
    const data = JSON.stringify({ ...this.#version, broken: this.#broken });
    return this.#encoder.encode(`data: ${data}\n\n`);
  }

  /** After the end of the page, where it is not in the way of what the page contains. */
  #withScript(response: Response): Response {
    // What cannot be sent is reported elsewhere.
    if (faultOf(response) !== null) return response;
    const { body, headers, status, statusText } = response;
    const isPlain = headers.get("content-type")?.startsWith("text/html") === true &&
      !headers.has("content-encoding");
    if (body === null || !isPlain) return response;
    const script = this.#encoder.encode(
      `<script>(${refreshScript})(${JSON.stringify(this.#version)})</script>\n`,
    );
    const whole = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({ flush: (controller) => controller.enqueue(script) }),
    );
    const changed = new Headers(headers);
    changed.delete("content-length");
    changed.delete("etag");
    return new Response(whole, { status, statusText, headers: changed });
  }
}

/** Runs in the page. */
const refreshScript = `(served) => {
  let events = null;
  let shown = null;
  const heard = ({ data }) => {
    const { server, generation, broken } = JSON.parse(data);
    if (server !== served.server || generation > served.generation) return location.reload();
    shown?.remove();
    shown = null;
    if (broken === null) return;
    shown = document.createElement("dialog");
    shown.setAttribute("aria-label", "The app does not start");
    shown.style.cssText = "width:min(60rem,90vw);max-height:90vh;overflow:auto;border:2px solid #b3261e;" +
      "border-radius:8px;padding:1rem;background:#fff;color:#1b1b1b;font:14px/1.5 monospace;white-space:pre-wrap";
    shown.textContent = broken;
    document.body.append(shown);
    shown.showModal();
  };
  // A browser has six connections to a host, and a hidden page must not keep one of them.
  const follow = () => {
    events?.close();
    events = document.hidden ? null : new EventSource("${refreshPath}");
    if (events !== null) events.onmessage = heard;
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}`;
