import { type HandledSignal, handledSignals, signalMeanings } from "../../core/signals.ts";
import type { System } from "../../system/system.ts";

/**
 * Handles signals from the first moment. Those that come before the master's loop runs are kept for it, except a stop:
 * there is nothing to drain yet, so `quit` is called at once. Without a handler, process 1 of a container would not
 * get the signals at all.
 */
export class EarlySignals {
  readonly #kept: HandledSignal[] = [];
  #deliver: (signal: HandledSignal) => void;

  constructor({ processes }: System, quit: () => void) {
    this.#deliver = (signal) => {
      if (signalMeanings[signal].command === "stop") quit();
      else this.#kept.push(signal);
    };
    for (const signal of handledSignals) processes.onSignal(signal, () => this.#deliver(signal));
  }

  /** From now on `handle` gets the signals, the kept ones first. */
  deliverTo(handle: (signal: HandledSignal) => void): void {
    this.#deliver = handle;
    this.#kept.splice(0).forEach(handle);
  }
}
