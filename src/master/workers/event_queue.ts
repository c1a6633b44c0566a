/** Hands events over one at a time: an event that is posted while one is handled waits for its turn. */
export class EventQueue<Event> {
  readonly #handle: (event: Event) => void;
  readonly #waiting: Event[] = [];
  #busy = false;

  constructor(handle: (event: Event) => void) {
    this.#handle = handle;
  }

  post(event: Event): void {
    this.#waiting.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#handle(next);
      }
    } finally {
      this.#busy = false;
    }
  }
}
