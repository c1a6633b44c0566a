/**
 * Hands events over one at a time: an event that is posted while another one is handled waits for its turn, and
 * so do those that are posted before `run`.
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
