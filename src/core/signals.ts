/** What each signal means, declared once: the master, the worker and the documentation read this table. */

export type MasterMeaning =
  | "graceful-stop"
  | "quick-stop"
  | "reload"
  | "reopen-logs"
  | "one-more"
  | "one-fewer"
  | "drain-all"
  | "upgrade";

export type WorkerMeaning = "drain" | "quit" | "reopen-logs" | "ignored";

export interface SignalMeaning {
  readonly master: MasterMeaning;
  readonly worker: WorkerMeaning;
  readonly description: string;
}

export const signalMeanings = {
  SIGTERM: {
    master: "graceful-stop",
    worker: "drain",
    description:
      "graceful stop: after `shutdown-delay`, requests in flight are finished within `graceful-timeout`; a second " +
      "one stops at once",
  },
  SIGQUIT: { master: "graceful-stop", worker: "drain", description: "the same as TERM" },
  SIGINT: { master: "quick-stop", worker: "quit", description: "quick stop: workers exit at once" },
  SIGHUP: {
    master: "reload",
    worker: "ignored",
    description:
      "rolling reload: settings and app are read anew, new workers are ready before old ones go, `reload-surge` at " +
      "a time; one that does not boot brings the old ones back",
  },
  SIGUSR1: {
    master: "reopen-logs",
    worker: "reopen-logs",
    description: "reopen the log files (after rotation)",
  },
  SIGUSR2: {
    master: "upgrade",
    worker: "ignored",
    description:
      "upgrade: a new master starts from the executable now on disk, beside the old one, which goes when the new " +
      "workers are ready",
  },
  SIGTTIN: {
    master: "one-more",
    worker: "ignored",
    description: "one worker more, up to `max-workers` if that is set",
  },
  SIGTTOU: {
    master: "one-fewer",
    worker: "ignored",
    description: "one worker fewer, never below one or `min-workers`",
  },
  SIGWINCH: {
    master: "drain-all",
    worker: "ignored",
    description:
      "drain all workers and keep the master (ignored on a terminal, where it means a resized window)",
  },
} as const satisfies Readonly<Record<string, SignalMeaning>>;

export type HandledSignal = keyof typeof signalMeanings;
export const handledSignals = Object.keys(signalMeanings) as HandledSignal[];
