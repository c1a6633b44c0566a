import type { AccessRecord } from "../../src/log/access_line.ts";

/** Of the combined format. */
export const accessRecord: AccessRecord = {
  time: Date.UTC(2026, 10, 20, 23, 33, 58),
  remote: "192.0.2.7",
  method: "GET",
  target: "/a?b=1",
  protocol: "HTTP/1.1",
  status: 200,
  size: 5,
  isBroken: false,
  closeCode: null,
  requestHeaders: [null, null, "curl/8"],
  responseHeaders: [],
  requestId: "r-1",
  duration: 1.25,
};
