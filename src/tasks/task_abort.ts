/** Ends a task from outside: by its signal, and by a callback, as a listener of events for each task takes longer. */

export class TaskAbort {
  readonly #controller = new AbortController();
  /** Called with the reason after the listeners of the signal. */
  onAbort: ((reason: unknown) => void) | null = null;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first call counts. */
  abort(reason: unknown): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.onAbort?.(this.#controller.signal.reason);
  }
}
