import { onOrOff } from "../setting.ts";

/** What workers do for every app: a worker gets all of these unchanged. */
export const httpSettings = {
  http2: onOrOff({
    description: "Whether clients are offered HTTP/2 over TLS. Not by apps of node:http.",
    unset: "on",
    reload: true,
  }),
  compress: onOrOff({
    description: "Whether responses are compressed for clients that accept it.",
    unset: "off",
    reload: true,
  }),
};
