import type { MasterMeaning } from "../../core/signals.ts";
import type { Host } from "../../system/system.ts";

/** What an operator may ask of a running master. */
export interface MasterCommands {
  readonly target: number;
  stop(how: "graceful" | "quick"): void;
  reload(): void;
  reopenLogs(): void;
  scale(target: number): void;
  upgrade(): void;
}

/** Carries out what a signal means. */
export function dispatchSignal(meaning: MasterMeaning, master: MasterCommands, host: Host): void {
  switch (meaning) {
    case "graceful-stop":
      return master.stop("graceful");
    case "quick-stop":
      return master.stop("quick");
    case "reload":
      return master.reload();
    case "reopen-logs":
      return master.reopenLogs();
    case "one-more":
      return master.scale(master.target + 1);
    case "one-fewer":
      return master.scale(Math.max(1, master.target - 1));
    case "upgrade":
      return master.upgrade();
    case "drain-all":
      // On a terminal it only means that the window has another size.
      if (host.isTerminal("stdout") || host.isTerminal("stderr")) return;
      return master.scale(0);
  }
}
