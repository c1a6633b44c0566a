/** `--daemon`: this process starts the server in a session of its own, waits until it serves, and exits. */

import { DenicornError, ExitCode } from "../core/errors.ts";
import type { EarlySignals } from "../master/commands/master_signals.ts";
import type { RuntimeDirectory } from "../master/files/runtime_directory.ts";
import { detachedEnvironment, type Launch } from "../master/transitions/launch.ts";
import type { ChildProcess, Connection, System } from "../system/system.ts";

/**
 * Resolves when the server is ready, or with its exit code when it has ended before, for a reason that it has printed. What
 * ends this process by a signal ends the server, too. Throws DenicornError.
 */
export async function startDetached(
  system: System,
  launch: Launch,
  directory: RuntimeDirectory,
  signals: EarlySignals,
  inherited: readonly number[],
): Promise<ExitCode> {
  if (system.host.pid === 1) {
    throw new DenicornError(
      "setting-invalid",
      "daemon: on is not accepted in process 1 of a container, with which the container ends: leave it out",
    );
  }
  const [first] = inherited;
  if (first !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `daemon: on is not accepted with an inherited socket (fd://${first}), which this process alone has: leave it out, as ` +
        "what passes the socket, such as systemd, starts the server in the background",
    );
  }
  const token = system.host.secret();
  const server = start(system, launch, { socket: directory.channelSocket, token });
  let isStopped = false;
  signals.deliverTo((signal) => {
    // A terminal that closes ends the start, as Ctrl-C does; to the server HUP means a reload.
    const passed = signal === "SIGHUP" ? "SIGTERM" : signal;
    isStopped ||= ["SIGINT", "SIGTERM", "SIGQUIT"].includes(passed);
    server.kill(passed);
  });
  const isReady = await Promise.race([isCalled(directory, token), server.exited.then(() => false)]);
  if (isReady) return ExitCode.normal;
  const { code, signal } = await server.exited;
  if (signal === null && (isFailure(code) || isStopped)) return isFailure(code) ? code : ExitCode.normal;
  throw new DenicornError(
    "internal",
    `the server has ended before it was ready (${signal ?? `exit code ${code}`}): the error log may say why`,
  );
}

function start(
  { host, processes, sockets }: System,
  launch: Launch,
  caller: { readonly socket: string; readonly token: string },
): ChildProcess {
  const [command, ...args] = launch.command();
  const errors = host.copyOfErrors();
  try {
    return processes.spawn({
      command,
      args: [...args, ...launch.args],
      env: detachedEnvironment(launch, { ...caller, errors }),
      cwd: launch.cwd,
      inherited: [errors],
      hasOutput: false,
    });
  } finally {
    sockets.close(errors);
  }
}

/** Resolves with true when the server says the token. Others connect, too, to see whether this process lives. */
async function isCalled({ channels }: RuntimeDirectory, token: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  void (async () => {
    for await (const connection of channels.accept()) {
      void saysToken(connection, token).then((isSaid) => isSaid && resolve(true), () => {});
    }
  })();
  return await promise;
}

async function saysToken(connection: Connection, token: string): Promise<boolean> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of connection.receive()) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length >= token.length) break;
  }
  connection.close();
  return text === token;
}

function isFailure(code: number): code is ExitCode {
  return code !== ExitCode.normal && Object.values<number>(ExitCode).includes(code);
}
