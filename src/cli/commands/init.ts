import { DenicornError, ExitCode } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { reasonOf } from "../../core/reason.ts";
import { attempt } from "../../core/thrown.ts";
import type { System } from "../../system/system.ts";
import type { RunnableCommand } from "../command.ts";
import { within } from "../place.ts";

export const init: RunnableCommand = {
  name: "init",
  usage: "[DIR]",
  summary:
    "Write a first app with its config file, types, Dockerfile and systemd unit; files that exist stay as they are.",
  takesSettings: false,
  options: [],
  async run(system, { operands: [directory = ".", extra] }) {
    if (extra !== undefined) {
      throw new DenicornError(
        "usage",
        `init: ${JSON.stringify(extra)} is one operand too many: give one directory`,
      );
    }
    const { host } = system;
    const { projectFiles, projectName, typesHint } = await import("../init/new_project.ts");
    const path = within(host.cwd(), directory);
    const root = prepared(system, path, directory);
    const name = projectName(root.slice(root.lastIndexOf("/") + 1));
    const lines = projectFiles(name).map((file) =>
      isWritten(system, `${root}/${file.name}`, file.text)
        ? `wrote ${file.name}`
        : `kept  ${file.name}, which exists`
    );
    const hint = typesHint(attempt(() => system.files.readTextSync(`${root}/deno.json`), ""));
    if (hint !== null) lines.push("", hint);
    const enter = directory === "." ? "" : `cd ${directory} && `;
    lines.push("", `Next: ${enter}denicorn --watch --workers 1`);
    host.write("stdout", `${lines.map(printable).join("\n")}\n`);
    return ExitCode.normal;
  },
};

/** Where `path` leads; it is created if it is not there. */
function prepared({ files }: System, path: string, given: string): string {
  try {
    files.makeDirectory(path, 0o755);
    return files.realPath(path);
  } catch (error) {
    throw cannot(`create the directory: ${given}`, error);
  }
}

/** False if there is a file already. */
function isWritten({ files }: System, path: string, text: string): boolean {
  try {
    if (files.lstat(path) !== null) return false;
    files.writeText(path, text, { createNew: true });
    return true;
  } catch (error) {
    throw cannot(`write ${path}`, error);
  }
}

function cannot(action: string, error: unknown): DenicornError {
  return new DenicornError(
    "usage",
    `init: cannot ${printable(action)} (${reasonOf(error)}): choose a directory that this user may write to`,
    { cause: error },
  );
}
