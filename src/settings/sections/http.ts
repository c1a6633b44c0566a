import { onOrOff } from "../setting.ts";

/** What workers do for every app: a worker gets all of these unchanged. */
export const httpSettings = {
  http2: onOrOff({
    description:
      "Whether clients are offered HTTP/2 over TLS. If not set: where the runtime finishes all of its requests when " +
      "a worker drains, which Deno 2.9 does and the binary does not. Apps of node:http never offer it.",
    unset: "auto",
    reload: true,
  }),
  compress: onOrOff({
    description: "Whether responses are compressed for clients that accept it.",
    unset: "off",
    reload: true,
  }),
};
