import { ExitCode } from "../core/errors.ts";
import { workerEnvironment } from "../protocol/messages.ts";
import type { System } from "../system/system.ts";
import { MasterChannel } from "./master_channel.ts";
import { Worker } from "./worker.ts";

/** Runs this process as a worker. Returns an exit code only when it could not become one. */
export async function runWorker(system: System): Promise<ExitCode> {
  const { host, network } = system;
  const path = host.env(workerEnvironment.channel);
  const token = host.env(workerEnvironment.token);
  if (path === undefined || token === undefined) {
    host.write(
      "stderr",
      "denicorn: --worker: is not for use by hand: a master starts its workers with it. " +
        "Run `denicorn APP --workers N`, or see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  // The app runs in this process and has no business with these.
  host.setEnv(workerEnvironment.channel, undefined);
  host.setEnv(workerEnvironment.token, undefined);

  let connection;
  try {
    connection = await network.connectUnix(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.write("stderr", `denicorn: cannot connect to the master: ${path} (${reason}): it is gone\n`);
    return ExitCode.internal;
  }
  await new Worker(system, new MasterChannel(connection), path).run(token);
  // The drain that a lost link began ends the process.
  return new Promise<never>(() => {});
}
