/**
 * Every way Denicorn gives up, declared once: the code that documentation and tests refer to, the exit
 * code a supervisor sees, and what it means. `docs/errors.md` is checked against this table.
 */

/** Exit codes of the master; the same for any number of workers. */
export const ExitCode = {
  normal: 0,
  internal: 1,
  usage: 2,
  boot: 3,
  app: 4,
} as const;
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** What each exit code tells a supervisor. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: "normal stop",
  1: "internal failure, or an operating-system fault Denicorn could not foresee",
  2: "usage or settings error: starting again without a change will fail again",
  3: "workers cannot boot: an address that cannot be had, a boot that times out, a death before ready",
  4: "the app cannot be loaded: starting again without a change will fail again",
};

interface ErrorKind {
  readonly exitCode: ExitCode;
  readonly means: string;
}

/** The errors by code. A code never changes its meaning. */
export const errorKinds = {
  "usage": { exitCode: ExitCode.usage, means: "the command line cannot be understood" },
  "setting-unknown": { exitCode: ExitCode.usage, means: "no setting has this name" },
  "setting-invalid": { exitCode: ExitCode.usage, means: "a setting has a value it does not accept" },
  "config-file": {
    exitCode: ExitCode.usage,
    means: "the config file cannot be read or does not export settings",
  },
  "chdir": { exitCode: ExitCode.usage, means: "the working directory is missing or cannot be entered" },
  "user": { exitCode: ExitCode.usage, means: "the user or group is unknown, or may not be switched to" },
  "log-unwritable": { exitCode: ExitCode.usage, means: "a log file cannot be opened for appending" },
  "pidfile": { exitCode: ExitCode.usage, means: "the pidfile names a running master, or cannot be written" },
  "runtime-directory": {
    exitCode: ExitCode.usage,
    means: "there is no place for the sockets and bundles that master and workers share",
  },
  "control-socket": { exitCode: ExitCode.usage, means: "the control socket cannot be created" },
  "no-server": { exitCode: ExitCode.internal, means: "no running master answers" },
  "command-refused": {
    exitCode: ExitCode.internal,
    means: "the running master does not do what `denicorn ctl` asks, or something else came between",
  },
  "admin-token": { exitCode: ExitCode.usage, means: "the file with the admin token cannot be used" },
  "upgrade": { exitCode: ExitCode.usage, means: "the running master cannot be taken over from" },
  "upgrade-failed": { exitCode: ExitCode.internal, means: "the new master ended before it served" },
  "admin-bind": { exitCode: ExitCode.boot, means: "the admin address cannot be listened on" },
  "bind-in-use": { exitCode: ExitCode.boot, means: "another program listens on the address" },
  "bind-denied": { exitCode: ExitCode.boot, means: "the system does not let this user listen on the port" },
  "bind-unavailable": {
    exitCode: ExitCode.boot,
    means: "the address does not belong to this machine or cannot be resolved",
  },
  "boot-timeout": { exitCode: ExitCode.boot, means: "a worker was not ready within boot-timeout" },
  "not-ready": { exitCode: ExitCode.boot, means: "the app did not answer 2xx on ready-path in time" },
  "boot-death": { exitCode: ExitCode.boot, means: "a worker process ended before it was ready" },
  "app-not-found": { exitCode: ExitCode.app, means: "the app module does not exist or is not a source file" },
  "app-syntax": { exitCode: ExitCode.app, means: "the app's source cannot be parsed" },
  "app-package-missing": { exitCode: ExitCode.app, means: "an import of the app cannot be resolved" },
  "app-import-unsupported": {
    exitCode: ExitCode.app,
    means: "the app imports something a bundle cannot hold: https:, jsr:, a native addon",
  },
  "app-export-missing": {
    exitCode: ExitCode.app,
    means: "the app module has no export of the requested name",
  },
  "app-export-kind": {
    exitCode: ExitCode.app,
    means: "the export is neither a function nor an object with fetch()",
  },
  "app-throws": { exitCode: ExitCode.app, means: "the app's module threw while it was imported" },
  "internal": { exitCode: ExitCode.internal, means: "a fault of Denicorn itself" },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof errorKinds;

/**
 * An error an operator can act on. The message says the action, a colon, the current value, and what to do;
 * `detail` holds further lines (a code frame, a stack) shown below it.
 */
export class DenicornError extends Error {
  override readonly name = "DenicornError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { detail?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
  }

  get exitCode(): ExitCode {
    return errorKinds[this.code].exitCode;
  }
}

/** Any thrown value as a DenicornError; what is not one already becomes `internal`. */
export function toDenicornError(thrown: unknown): DenicornError {
  if (thrown instanceof DenicornError) return thrown;
  if (thrown instanceof Error) {
    return new DenicornError("internal", `unexpected failure: ${thrown.message}`, {
      detail: thrown.stack,
      cause: thrown,
    });
  }
  return new DenicornError("internal", `unexpected failure: ${String(thrown)}`, { cause: thrown });
}
