import type { Status } from "../../../core/telemetry/status.ts";
import { takeServerSentEvents } from "../../server_sent_events.ts";

/** State of the stream: `refused` waits for a token, `lost` retries by itself. */
export type Connection = "live" | "lost" | "refused";

const retryAfter = 1_000;
/** The server sends an event every second; after a longer timeout the server or the network is down. */
const heartbeatTimeout = 5_000;

export class StatusStream {
  readonly #headers: () => HeadersInit;
  readonly #onStatus: (status: Status) => void;
  readonly #onChange: (connection: Connection) => void;
  #attempt = new AbortController();

  constructor(
    headers: () => HeadersInit,
    onStatus: (status: Status) => void,
    onChange: (connection: Connection) => void,
  ) {
    this.#headers = headers;
    this.#onStatus = onStatus;
    this.#onChange = onChange;
  }

  /** Connects, or connects again with another token. */
  async open(): Promise<void> {
    this.#attempt.abort();
    const attempt = this.#attempt = new AbortController();
    while (!attempt.signal.aborted) {
      const isRefused = await this.#read(attempt.signal).catch(() => false);
      if (attempt.signal.aborted) return;
      this.#onChange(isRefused ? "refused" : "lost");
      if (isRefused) return;
      await new Promise((resolve) => setTimeout(resolve, retryAfter));
    }
  }

  /** Reads until the stream ends; true if the server rejects the token. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const timeout = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(() => timeout.abort(), heartbeatTimeout);
    };
    restartTimer();
    try {
      const response = await fetch("live", {
        headers: this.#headers(),
        signal: AbortSignal.any([signal, timeout.signal]),
        cache: "no-store",
      });
      if ([400, 401, 403].includes(response.status)) return true;
      if (!response.ok || response.body === null) return false;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return false;
        restartTimer();
        const { events, rest } = takeServerSentEvents(text + value);
        text = rest;
        for (const { event, data } of events) {
          if (event !== "status" || signal.aborted) continue;
          this.#onChange("live");
          this.#onStatus(JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
