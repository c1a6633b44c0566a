import type { MasterCommands } from "../../control/master_commands.ts";
import { type HandledSignal, signalMeanings } from "../../core/signals.ts";
import type { Host } from "../../system/system.ts";

/** Gives the command that `signal` stands for. It begins at once: signals do not queue. */
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
    const target = master.target + amount.by;
    // TTOU leaves at least one worker, and does not bring back workers that were drained.
    if (target >= 1) master.scale(target);
    return;
  }
  // WINCH on a terminal only means that the window has another size.
  if (!host.isTerminal("stdout") && !host.isTerminal("stderr")) master.scale(amount.to);
}
