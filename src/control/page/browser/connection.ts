import type { Status } from "../../../core/telemetry/status.ts";
import { takeServerSentEvents } from "../../server_sent_events.ts";

/** How the stream is: `refused` waits for a token, all others try again by themselves. */
export type Connection = "live" | "lost" | "refused";

const retryAfter = 1_000;
/** A server tells something each second: one that is silent for longer is gone, or the network is. */
const heartbeatTimeout = 5_000;

export class Feed {
  readonly #headers: () => HeadersInit;
  readonly #told: (status: Status) => void;
  readonly #changed: (connection: Connection) => void;
  #attempt = new AbortController();

  constructor(
    headers: () => HeadersInit,
    told: (status: Status) => void,
    changed: (connection: Connection) => void,
  ) {
    this.#headers = headers;
    this.#told = told;
    this.#changed = changed;
  }

  /** Begins, or begins anew with another token. */
  async open(): Promise<void> {
    this.#attempt.abort();
    const attempt = this.#attempt = new AbortController();
    while (!attempt.signal.aborted) {
      const isRefused = await this.#listen(attempt.signal).catch(() => false);
      if (attempt.signal.aborted) return;
      this.#changed(isRefused ? "refused" : "lost");
      if (isRefused) return;
      await new Promise((resolve) => setTimeout(resolve, retryAfter));
    }
  }

  /** Listens until the stream ends; true if the server wants another token. */
  async #listen(signal: AbortSignal): Promise<boolean> {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), heartbeatTimeout);
    };
    heard();
    try {
      const response = await fetch("live", {
        headers: this.#headers(),
        signal: AbortSignal.any([signal, silence.signal]),
        cache: "no-store",
      });
      if ([400, 401, 403].includes(response.status)) return true;
      if (!response.ok || response.body === null) return false;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return false;
        heard();
        const { events, rest } = takeServerSentEvents(text + value);
        text = rest;
        for (const { event, data } of events) {
          if (event !== "status" || signal.aborted) continue;
          this.#changed("live");
          this.#told(JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
