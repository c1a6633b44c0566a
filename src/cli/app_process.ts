/**
 * In the binary, a process that an app has started from `Deno.execPath()`: it runs the script that plain Deno would run,
 * bundled as an app is. Without this, a script would be served by another master, which outlives the first one.
 */

import { bundleModule } from "../app/bundle/bundle.ts";
import { absolutePath, fileUrl } from "../app/paths.ts";
import { type AppCommand, appCommand } from "../core/app_command.ts";
import { DenicornError, errorText, type ExitCode, toDenicornError } from "../core/errors.ts";
import { appProcessVariable } from "../protocol/messages.ts";
import { openParentChannel } from "../system/processes/parent_channel.ts";
import type { System } from "../system/system.ts";
import { commands } from "./commands.ts";

/** Returns an exit code, `null` if the process runs on by itself, or `undefined` if it is to be Denicorn. */
export async function runForApp(
  system: System,
  args: readonly string[],
): Promise<ExitCode | null | undefined> {
  const command = appCommand(args, commands.map(({ name }) => name));
  if (command.type === "denicorn") return undefined;
  try {
    if (command.type === "other") throw notScript(args);
    const text = await bundleOf(system, command);
    system.host.presentAs(fileUrl(absolutePath(system.host.cwd(), command.path)), command.args);
    openParentChannel(await import("node:process"));
    // It must not have a place on disk, which a process that is killed would leave behind.
    await import(`data:text/javascript;base64,${new TextEncoder().encode(text).toBase64()}`);
    return null;
  } catch (error) {
    if (!(error instanceof DenicornError)) throw error;
    system.host.write("stderr", errorText(error));
    return error.exitCode;
  }
}

async function bundleOf(system: System, { path }: AppCommand & { readonly type: "script" }): Promise<string> {
  const { files, host } = system;
  const action = "cannot run the script";
  const entry = /^file:/.test(path)
    ? decodeURIComponent(new URL(path).pathname)
    : absolutePath(host.cwd(), path);
  if (files.stat(entry)?.isFile !== true) {
    throw new DenicornError("app-not-found", `${action}: ${path}: no such file`);
  }
  const runtimeDirectory = files.makePrivateDirectory(host.env("TMPDIR") ?? "/tmp", "denicorn-script-");
  try {
    const bundle = await bundleModule(
      system,
      { entry: files.realPath(entry), runtimeDirectory, cache: true },
      { action, isMain: true },
    );
    return bundle.text;
  } catch (error) {
    throw toDenicornError(error);
  } finally {
    files.remove(runtimeDirectory);
  }
}

function notScript(args: readonly string[]): DenicornError {
  return new DenicornError(
    "usage",
    `cannot run ${
      JSON.stringify(args.join(" "))
    } for the app: Deno.execPath() is Denicorn here, which runs only ` +
      `scripts, as in \`run FILE\`: start an installed \`deno\` by its name, or remove ${appProcessVariable} from the ` +
      "environment to start Denicorn",
  );
}
