import { type HandledSignal, handledSignals, signalMeanings } from "../../core/signals.ts";
import type { System } from "../../system/system.ts";

/**
 * Signals from the first moment on. What comes before there is a loop to handle it is kept for it, except a stop:
 * there is nothing to drain yet, so `quit` is called at once. As process 1 of a container, a signal without a
 * handler would be lost altogether.
 */
export class EarlySignals {
  readonly #held: HandledSignal[] = [];
  #deliver: (signal: HandledSignal) => void;

  constructor({ processes }: System, quit: () => void) {
    this.#deliver = (signal) => {
      if (signalMeanings[signal].command === "stop") quit();
      else this.#held.push(signal);
    };
    for (const signal of handledSignals) processes.onSignal(signal, () => this.#deliver(signal));
  }

  /** From now on `handle` gets them, first those that were kept. */
  deliverTo(handle: (signal: HandledSignal) => void): void {
    this.#deliver = handle;
    this.#held.splice(0).forEach(handle);
  }
}
