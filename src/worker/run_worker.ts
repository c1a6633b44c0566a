import { ExitCode } from "../core/errors.ts";
import { nameIn } from "../core/process_title.ts";
import { appProcessVariable, workerEnvironment } from "../protocol/messages.ts";
import type { System } from "../system/system.ts";
import { cleanUp, directoryOf } from "./orphan.ts";
import { MasterChannel } from "./master_channel.ts";
import { Worker } from "./worker.ts";

/** Runs this process as a worker. Returns an exit code only if it cannot become one. */
export async function runWorker(system: System): Promise<ExitCode> {
  const { host } = system;
  const path = host.env(workerEnvironment.channel);
  const token = host.env(workerEnvironment.token);
  if (path === undefined || token === undefined) {
    host.write(
      "stderr",
      "denicorn: --worker: is only for a master that starts its workers: " +
        "run `denicorn APP --workers N`, or see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  const [, title] = host.args;
  const name = nameIn(title);
  if (name !== null) system.processes.showAs(title!, name);
  // They are not meant for the app, which runs in this process.
  for (const name of Object.values(workerEnvironment)) host.setEnv(name, undefined);
  if (host.standalone) host.setEnv(appProcessVariable, "1");
  return await serveMaster(system, { channelPath: path, token });
}

/** Runs this process, or this thread, as the worker that its master knows by `token`. Returns an exit code only as above. */
export async function serveMaster(
  system: System,
  { channelPath: path, token }: { readonly channelPath: string; readonly token: string },
): Promise<ExitCode> {
  const { host, network } = system;
  let connection;
  try {
    connection = await network.connectUnix(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // What a dead master left has the socket in it; the variable may have come from elsewhere.
    const directory = system.files.lstat(path)?.isSocket ? directoryOf(path) : null;
    if (directory !== null) await cleanUp(system, { channelPath: path, paths: [directory] });
    const cause = /permission denied/i.test(reason)
      ? "the user of the workers may not enter its directory: restart the server"
      : "the master is gone";
    host.write("stderr", `denicorn: cannot connect to the master: ${path} (${reason}): ${cause}\n`);
    return ExitCode.internal;
  }
  await new Worker(system, new MasterChannel(connection), path).run(token);
  // The channel has closed: the drain that follows ends the process.
  return new Promise<never>(() => {});
}
