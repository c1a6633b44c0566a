/** The signals to the master: they are kept until its loop runs, then each begins its command. */

import type { MasterCommands } from "../../control/master_commands.ts";
import { type HandledSignal, handledSignals, signalMeanings } from "../../core/signals.ts";
import type { Host, System } from "../../system/system.ts";

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

/** Begins the command that `signal` stands for, at once: signals do not queue. */
export function dispatchSignal(signal: HandledSignal, master: MasterCommands, host: Host): void {
  const meaning = signalMeanings[signal];
  switch (meaning.command) {
    case "stop":
      return master.stop(meaning.how);
    case "scale":
      return scale(meaning.amount, master, host);
    case "reopen":
      return void master.reopenLogs();
    default:
      return master[meaning.command]();
  }
}

function scale(amount: { by: number } | { to: number }, master: MasterCommands, host: Host): void {
  if ("by" in amount) {
    const target = master.target + amount.by * master.workersPerProcess;
    // TTOU leaves at least one worker, and does not bring back workers that were drained.
    if (target >= 1) master.scale(target);
    return;
  }
  // WINCH on a terminal only means that the window has another size.
  if (!host.isTerminal("stdout") && !host.isTerminal("stderr")) master.scale(amount.to);
}
