/**
 * Every error that ends Denicorn, declared once: the code that documentation and tests refer to, the exit code that a
 * supervisor sees, and the meaning. `docs/errors.md` is made from this table.
 */

import { printable, printableLines } from "./printable.ts";
import { attempt, errorIn, messageOf } from "./thrown.ts";

/** Exit codes of the master; the same for any number of workers. */
export const ExitCode = {
  normal: 0,
  internal: 1,
  usage: 2,
  boot: 3,
  app: 4,
} as const;
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** The meaning of each exit code for a supervisor. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: "normal stop",
  1: "internal failure, or an unexpected error of the operating system",
  2: "usage or settings error: a start without a change will fail again",
  3: "workers cannot boot: an address cannot be listened on, a boot times out, a worker ends before it is ready",
  4: "the app cannot be loaded: a start without a change will fail again",
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
    means:
      "the config file cannot be read or does not export settings, or root would run it although another user can write to it",
  },
  "chdir": { exitCode: ExitCode.usage, means: "the working directory is missing or cannot be entered" },
  "user": {
    exitCode: ExitCode.usage,
    means: "the user or group is unknown, or the process may not switch to it",
  },
  "account": {
    exitCode: ExitCode.usage,
    means:
      "the user that workers run as cannot run the server: start it, reach its files or listen on its port",
  },
  "scheduling": {
    exitCode: ExitCode.usage,
    means: "the process may not have the niceness that `nice` asks for, or the cores of `cpu-affinity`",
  },
  "restart-needed": {
    exitCode: ExitCode.usage,
    means: "settings were changed that a reload does not apply, and `--strict` asks for all of them",
  },
  "log-unwritable": { exitCode: ExitCode.usage, means: "a log file cannot be opened for appending" },
  "pidfile": { exitCode: ExitCode.usage, means: "the pidfile names a running process, or cannot be written" },
  "runtime-directory": {
    exitCode: ExitCode.usage,
    means: "there is no directory for the sockets and bundles that the master and its workers share",
  },
  "permission": {
    exitCode: ExitCode.usage,
    means: "from source: `deno run` was not given a permission that Denicorn needs",
  },
  "host": {
    exitCode: ExitCode.usage,
    means: "the system lacks something that no server can do without, such as /proc",
  },
  "bundler": {
    exitCode: ExitCode.usage,
    means: "esbuild, which bundles the app, cannot be started on this host",
  },
  "control-socket": { exitCode: ExitCode.usage, means: "the control socket cannot be created" },
  "no-server": { exitCode: ExitCode.internal, means: "no running master responds" },
  "server-not-ready": {
    exitCode: ExitCode.internal,
    means: "load balancers should not send requests now: too few workers are ready, or the server stops",
  },
  "command-refused": {
    exitCode: ExitCode.internal,
    means: "the running master rejects the command of `denicorn ctl`, or another operation prevented it",
  },
  "certificate": {
    exitCode: ExitCode.usage,
    means:
      "a certificate or its private key cannot be read or used, they do not match, or it is not valid now",
  },
  "channel-url": {
    exitCode: ExitCode.usage,
    means: "the Redis of `channel-url` answers, and refuses to pass messages of channels on",
  },
  "admin-token": { exitCode: ExitCode.usage, means: "the file with the admin token cannot be used" },
  "upgrade": { exitCode: ExitCode.usage, means: "the new master cannot take over from the running one" },
  "upgrade-failed": { exitCode: ExitCode.internal, means: "the new master ended before it could serve" },
  "admin-bind": { exitCode: ExitCode.boot, means: "the admin address cannot be listened on" },
  "bind-in-use": { exitCode: ExitCode.boot, means: "another program already listens on the address" },
  "bind-denied": { exitCode: ExitCode.boot, means: "this user may not listen on the port" },
  "bind-unavailable": {
    exitCode: ExitCode.boot,
    means:
      "the address is not one of this machine, or cannot be resolved, or what is inherited is no listening socket",
  },
  "file-limit": {
    exitCode: ExitCode.usage,
    means: "the process may not have as many files open as it needs",
  },
  "boot-timeout": { exitCode: ExitCode.boot, means: "a worker was not ready within boot-timeout" },
  "not-ready": { exitCode: ExitCode.boot, means: "the app did not respond with 2xx on ready-path in time" },
  "boot-death": { exitCode: ExitCode.boot, means: "a worker process ended before it was ready" },
  "app-not-found": { exitCode: ExitCode.app, means: "the app module does not exist or is not a source file" },
  "app-syntax": { exitCode: ExitCode.app, means: "the app's source cannot be parsed" },
  "app-package-missing": { exitCode: ExitCode.app, means: "an import of the app cannot be resolved" },
  "app-import-unsupported": {
    exitCode: ExitCode.app,
    means:
      "the app imports something that a bundle cannot hold or Deno cannot load: https:, jsr:, some native addons",
  },
  "app-export-missing": {
    exitCode: ExitCode.app,
    means: "the app module has no export of the requested name",
  },
  "app-export-kind": {
    exitCode: ExitCode.app,
    means: "the export is neither a function nor an object with fetch()",
  },
  "app-serves-nothing": {
    exitCode: ExitCode.app,
    means: "the app module exports no app, and started no server in time",
  },
  "app-startup": {
    exitCode: ExitCode.boot,
    means: "the function `startup` of the app threw, or was not done within boot-timeout",
  },
  "app-prepare": {
    exitCode: ExitCode.boot,
    means: "the function `prepare` of the app threw, or was not done within prepare-timeout",
  },
  "hook": {
    exitCode: ExitCode.boot,
    means:
      "a hook of the config file threw, or was not done within hook-timeout, and so refused a start, a reload or an upgrade",
  },
  "app-address": {
    exitCode: ExitCode.app,
    means:
      "the app's own servers ask for an address that its workers cannot share, or for another one than before",
  },
  "app-tasks": {
    exitCode: ExitCode.app,
    means:
      "what the app exports as `tasks` or `cron` cannot be used, or the module of `--tasks` exports none",
  },
  "app-throws": { exitCode: ExitCode.app, means: "the app's module threw while it was imported" },
  "internal": { exitCode: ExitCode.internal, means: "a fault in Denicorn itself" },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorCode = keyof typeof errorKinds;

/**
 * An error an operator can act on. The message contains the action, a colon, the current value, and what to do;
 * `detail` has further lines (a code frame, a stack) to show below it.
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

/** The error as a terminal shows it: the message on one line, the detail below. */
export function errorText({ message, detail }: Pick<DenicornError, "message" | "detail">): string {
  const below = detail === undefined ? [] : printableLines(detail);
  return [`denicorn: ${printable(message)}`, ...below].join("\n") + "\n";
}

/** Any thrown value as a DenicornError; other errors become `internal`. */
export function toDenicornError(thrown: unknown): DenicornError {
  if (attempt(() => thrown instanceof DenicornError, false)) return thrown as DenicornError;
  return new DenicornError("internal", `unexpected failure: ${messageOf(thrown)}`, {
    detail: errorIn(thrown)?.stack,
    cause: thrown,
  });
}
