/** Requests and their answers as a worker counts and logs them, without a server. */

import type { AccessNeeds } from "../../../src/core/access_format.ts";
import type { RequestInfo } from "../../../src/system/system.ts";
import { Answers } from "../../../src/worker/http/answers.ts";
import { type AccessObserver, Requests } from "../../../src/worker/http/requests.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { privateSlot } from "../../fakes/slots.ts";

/** What the runtime says of a request; its response is sent with `complete` or breaks off with `fail`. */
export function info(): { info: RequestInfo; complete: () => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return {
    info: { remoteAddr: { transport: "tcp", hostname: "192.0.2.7" }, completed: promise },
    complete: resolve,
    fail: () => reject(new Error("HTTP response was not sent successfully")),
  };
}

/** Its body is not whole, so the response is not sent before `complete` or `fail`. */
export function streamed(status = 200): Response {
  return new Response(new ReadableStream(), { status });
}

/** Writes into `lines` what the access log of a worker gets. */
export function observer(lines: string[], needs: Partial<AccessNeeds> = {}): AccessObserver {
  return {
    needs: {
      requestHeaders: ["user-agent"],
      responseHeaders: [],
      protocol: false,
      size: false,
      requestId: false,
      ...needs,
    },
    isCompressing: false,
    ended({ method, target, status, details }, duration) {
      const [userAgent] = details?.requestHeaders ?? [];
      lines.push(`${details?.address} ${method} ${target} ${status} ${userAgent} ${duration}`);
    },
  };
}

/** Requests with an access log: its lines, and the faults. */
export function logged() {
  const clock = new FakeClock();
  const slot = privateSlot();
  const faults: string[] = [];
  const lines: string[] = [];
  const requests = new Requests(slot.writer, clock, observer(lines));
  const answers = new Answers(requests, {
    onFault: ({ method, path }, { text }) => faults.push(`${method} ${path}: ${text}`),
  });
  return { clock, requests, answers, slot, faults, lines };
}
