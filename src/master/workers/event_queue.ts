/**
 * Passes events to a handler one at a time. Events that are posted while another one is handled, or before `run`, wait
 * in the queue.
 */
export class EventQueue<Event> {
  readonly #waiting: Event[] = [];
  #handle: ((event: Event) => void) | null = null;
  #isBusy = false;

  run(handle: (event: Event) => void): void {
    this.#handle = handle;
    this.#deliver();
  }

  post(event: Event): void {
    this.#waiting.push(event);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#isBusy || this.#handle === null) return;
    this.#isBusy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#handle(next);
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
