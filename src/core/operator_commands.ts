/**
 * The commands an operator can give to a running master, declared once. Made from this table: what signals mean, the
 * HTTP requests of the control socket and the admin address, the commands of `denicorn ctl` with their help and
 * completions, and docs/ctl.md, docs/signals.md. Those about tasks are in `tasks/task_commands.ts`.
 */

interface CommandDeclaration {
  /** It takes a while: such commands run one at a time, and callers can wait for the end. */
  readonly isQueued?: true;
  /** The signals to the master that give it. A signal does not queue. */
  readonly signals?: Readonly<Record<string, SignalDeclaration>>;
  /** The request to the control socket; the path is the name of the command. */
  readonly http?: {
    readonly method: "GET" | "POST";
    /** JSON bodies as an operator would write them. */
    readonly body?: readonly string[];
    /** What the response contains. */
    readonly answers: string;
    /** The admin address takes it as well. */
    readonly isAdmin?: true;
    /** Between masters only. */
    readonly isInternal?: true;
  };
  /** The command of `denicorn ctl`. */
  readonly ctl?: {
    readonly summary: string;
    /** Its operand. */
    readonly operand?: string;
    readonly options: readonly CtlOptionName[];
  };
}

interface SignalDeclaration {
  /** What a worker does if it gets the signal directly. */
  readonly worker: "drain" | "quit" | "reopen-logs" | "ignored";
  /** What the master does. */
  readonly description: string;
  /** For `stop`. */
  readonly how?: "graceful" | "quick";
  /** For `scale`: `to` is the number of workers, `by` the change. */
  readonly amount?: { readonly by: number } | { readonly to: number };
}

export type CtlOptionName =
  | ("json" | "wait" | "now" | "strict")
  // Those of `ctl tasks`.
  | ("limit" | "all" | "delay" | "key" | "retries" | "priority");

const outcome = "`state`, `message`";

const operatorCommands = {
  status: {
    http: {
      method: "GET",
      answers: "the server and its workers: `Status` in `src/core/telemetry/status.ts`",
      isAdmin: true,
    },
    ctl: { summary: "Show the server and its workers.", options: ["json"] },
  },
  list: {
    ctl: { summary: "Show the running servers of this user.", options: ["json"] },
  },
  workers: {
    http: { method: "GET", answers: "only the workers" },
    ctl: { summary: "Show only the workers.", options: ["json"] },
  },
  worker: {
    http: {
      method: "GET",
      answers:
        "of the worker with `?number=0`: `worker`, as above, `description` (what it does now), `problem`",
    },
    ctl: {
      summary: "Show what a worker does now: its requests in flight, its memory, its tasks.",
      operand: "N dump",
      options: ["json"],
    },
  },
  ready: {
    ctl: {
      summary:
        "Exit with 0 if load balancers should send requests, else with 1 and the reason: for health checks.",
      options: ["json"],
    },
  },
  settings: {
    http: { method: "GET", answers: "the settings in force: `name`, `value`, `shown`" },
    ctl: { summary: "Show the settings in force.", options: ["json"] },
  },
  events: {
    http: { method: "GET", answers: "the events as server-sent events; accepts `Last-Event-ID`" },
    ctl: { summary: "Show the last 100 events, then new ones until Ctrl-C.", options: ["json"] },
  },
  top: {
    ctl: {
      summary:
        "Show the workers, refreshed every second until q or Ctrl-C, with keys to sort, filter and scroll; prints once if stdout is not a terminal.",
      options: [],
    },
  },
  reload: {
    isQueued: true,
    signals: {
      SIGHUP: {
        worker: "ignored",
        description:
          "rolling reload: read settings and app again and replace the workers, new before old, `reload-surge` at a " +
          "time; if a new worker does not boot, the old generation keeps serving. When the terminal closes in whose " +
          "foreground the server runs, the kernel or the shell sends it, and it means a quick stop, as Ctrl-C does; under " +
          "`nohup` or `setsid`, in the background, and under a service manager it always means a reload",
      },
    },
    http: { method: "POST", answers: outcome, isAdmin: true },
    ctl: {
      summary: "Read settings and app again and replace the workers, as HUP does.",
      options: ["wait", "strict", "json"],
    },
  },
  scale: {
    isQueued: true,
    signals: {
      SIGTTIN: {
        amount: { by: 1 },
        worker: "ignored",
        description: "add one worker, up to `max-workers` if that is set",
      },
      SIGTTOU: {
        amount: { by: -1 },
        worker: "ignored",
        description: "remove one worker, down to `min-workers`, or to one",
      },
      SIGWINCH: {
        amount: { to: 0 },
        worker: "ignored",
        description:
          "drain all workers and keep the master (ignored on a terminal, where it means a resized window)",
      },
    },
    http: {
      method: "POST",
      body: ['{"target": 4}', '{"target": "+1"}', '{"target": "-1"}'],
      answers: outcome,
      isAdmin: true,
    },
    ctl: {
      summary: "Set the number of workers, or add or remove some.",
      operand: "N|+N|-N",
      options: ["wait", "json"],
    },
  },
  recycle: {
    http: { method: "POST", body: ['{"worker": 3}'], answers: outcome, isAdmin: true },
    ctl: {
      summary: "Replace one worker, new before old.",
      operand: "N",
      options: ["json"],
    },
  },
  reopen: {
    signals: {
      SIGUSR1: { worker: "reopen-logs", description: "reopen the log files (after rotation)" },
    },
    http: { method: "POST", answers: outcome },
    ctl: { summary: "Reopen the log files, as USR1 does.", options: ["json"] },
  },
  stop: {
    signals: {
      SIGTERM: {
        how: "graceful",
        worker: "drain",
        description:
          "graceful stop: after `shutdown-delay`, finish the requests in flight within `graceful-timeout`; a second " +
          "one stops at once",
      },
      SIGQUIT: { how: "graceful", worker: "drain", description: "the same as TERM" },
      SIGINT: {
        how: "quick",
        worker: "quit",
        description:
          "quick stop: workers are killed at once, those that run tasks when these are given back, after 1.5 s at most; the requests that this cuts off have no line in the access log",
      },
    },
    http: { method: "POST", body: ["", '{"now": true}'], answers: outcome },
    ctl: {
      summary: "Stop the server once the requests in flight are finished.",
      options: ["now", "wait", "json"],
    },
  },
  upgrade: {
    isQueued: true,
    signals: {
      SIGUSR2: {
        worker: "ignored",
        description:
          "upgrade: start a new master from the executable now on disk; the old one exits when the new workers are " +
          "ready",
      },
    },
    http: { method: "POST", answers: outcome },
    ctl: {
      summary: "Replace the server with the executable now on disk, as USR2 does.",
      options: ["wait", "json"],
    },
  },
  handover: { http: { method: "POST", answers: "used by a new master", isInternal: true } },
  counters: {
    http: { method: "POST", answers: "the status, in which a successor goes on to count", isInternal: true },
  },
  retire: { http: { method: "POST", answers: "used by a new master", isInternal: true } },
} as const satisfies Readonly<Record<string, CommandDeclaration>>;

export type OperatorCommands = typeof operatorCommands;
export type CommandName = keyof OperatorCommands;

/** The commands whose declaration has this shape. */
type NamesOf<Shape> = {
  [Name in CommandName]: OperatorCommands[Name] extends Shape ? Name : never;
}[CommandName];

export type QueuedCommand = NamesOf<{ isQueued: true }>;
export type HttpCommand = NamesOf<{ http: unknown }>;
export type CtlCommand = NamesOf<{ ctl: unknown }>;
/** Those of `ctl` that change something. */
export type ChangingCommand = Extract<CtlCommand, NamesOf<{ http: { method: "POST" } }>>;

/** The table as a list, in its order, without the literal types. */
export const commandList: readonly (CommandDeclaration & { readonly name: CommandName })[] = Object.entries(
  operatorCommands,
).map(([name, declaration]) => ({ name: name as CommandName, ...declaration }));
