import { DenicornError } from "../core/errors.ts";
import type { MasterServer, System } from "../system/system.ts";
import type { RunningMaster } from "./master_commands.ts";

/**
 * Serves the control app on a Unix socket that only this user may open. The socket of a dead master is replaced.
 * Throws DenicornError `control-socket`.
 */
export async function serveControl(
  system: System,
  path: string,
  master: RunningMaster,
): Promise<MasterServer> {
  const { files, network } = system;
  const refuse = (reason: string, cause?: unknown) =>
    new DenicornError(
      "control-socket",
      `cannot create control-socket: ${path} (${reason}): give a path of at most 107 characters in a directory ` +
        "this user may write to, where nothing else is",
      { cause },
    );
  try {
    const found = files.lstat(path);
    if (found !== null) {
      if (found.isFile || found.isDirectory || found.isSymlink) throw refuse("something else is there");
      if (await network.answers(path)) throw refuse("another master listens on it");
      files.remove(path);
    }
    const server = network.serveUnix(path, async (request) => {
      // Loading Hono before the first request would delay the first worker.
      const { createControlApp } = await import("./control_app.ts");
      return await createControlApp(master).fetch(request);
    });
    files.changeMode(path, 0o600);
    return server;
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}
