/** Requests and their answers as a worker counts and logs them, without a server. */

import type { RequestInfo } from "../../../src/system/system.ts";
import { Answers } from "../../../src/worker/http/answers.ts";
import type { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { Requests } from "../../../src/worker/http/requests.ts";
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

/** Requests with an access log: its lines, and the faults. */
export function logged() {
  const clock = new FakeClock();
  const slot = privateSlot();
  const faults: string[] = [];
  const lines: string[] = [];
  const line = ({ method, target, status, client }: InFlightRequest, duration: number) =>
    `${client?.address} ${method} ${target} ${status} ${client?.userAgent} ${duration}`;
  const requests = new Requests(slot.writer, clock, (entry, duration) => lines.push(line(entry, duration)));
  const answers = new Answers(requests, {
    onFault: ({ method, path }, { text }) => faults.push(`${method} ${path}: ${text}`),
  });
  return { clock, requests, answers, slot, faults, lines };
}
