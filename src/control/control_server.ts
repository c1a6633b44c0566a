import { DenicornError } from "../core/errors.ts";
import type { System } from "../system/system.ts";
import type { Commands } from "./commands.ts";

/**
 * Serves the control app on a Unix socket that only this user may open. A socket left by a dead master is
 * replaced. The returned function closes it and removes the file. Throws DenicornError `control-socket`.
 */
export async function serveControl(system: System, path: string, commands: Commands): Promise<() => void> {
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
      // Loading Hono before anybody asks would delay the first worker.
      const { createControlApp } = await import("./control_app.ts");
      return await createControlApp(commands).fetch(request);
    });
    files.changeMode(path, 0o600);
    let isOpen = true;
    return () => {
      // By the second time the path may belong to a successor.
      if (!isOpen) return;
      isOpen = false;
      void server.close();
      files.remove(path);
    };
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}
