import { reasonOf } from "../../core/reason.ts";
import type { FileInfo, System } from "../../system/system.ts";
import { type Check, type Finding, ok, problem } from "../check.ts";

export const runtimeDirectory: Check = {
  name: "runtime-directory",
  why:
    "The master and its workers share sockets and the bundled app in a directory that no other user may enter or " +
    "replace. Without a place for it Denicorn does not start.",
  change:
    "Set XDG_RUNTIME_DIR or TMPDIR to a directory of this user with a short path, on a file system that " +
    "supports Unix sockets; a directory open to all users needs the sticky bit (`chmod 1777 /tmp`).",
  onFailure: "problem",
  run: ({ system, runtimeParents }) =>
    inPrivateDirectory(system, runtimeParents, (path, parent) => {
      system.network.listenUnix(`${path}/channel.sock`).close();
      const { files, host } = system;
      try {
        files.writeBytes(`${path}/trial`, new Uint8Array(smallBundle));
        files.remove(`${path}/trial`);
      } catch (error) {
        return problem(`${parent}: files cannot be written to a directory in it (${reasonOf(error)})`);
      }
      return judgeRuntimeDirectory(parent, files.stat(parent), files.lstat(path), host.uid);
    }),
};

/** In bytes. The bundle of an app without packages is smaller, others are larger. */
const smallBundle = 64 * 1024;

export function judgeRuntimeDirectory(
  parent: string,
  around: Pick<FileInfo, "mode"> | null,
  own: Pick<FileInfo, "mode" | "uid"> | null,
  uid: number | null,
): Finding {
  const others = 0o022;
  const sticky = 0o1000;
  const mode = around?.mode ?? 0;
  if (own?.mode != null && ((own.mode & 0o077) !== 0 || own.uid !== uid)) {
    return problem(
      `${parent}: a new directory there is not private (mode ${octal(own.mode)}, user ${own.uid})`,
    );
  }
  return (mode & others) !== 0 && (mode & sticky) === 0
    ? problem(`${parent}: mode ${octal(mode)} lets other users rename the files in it`)
    : ok(`${parent}: a directory in it is private and supports sockets`);
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/**
 * Calls `use` with a private directory in the first of `parents` where one can be created, and removes it. Its name
 * begins like those of a master, so that the next start removes it if this process is killed.
 */
export async function inPrivateDirectory<Result>(
  { files }: System,
  parents: readonly string[],
  use: (path: string, parent: string) => Result | Promise<Result>,
): Promise<Result> {
  const failures: string[] = [];
  for (const parent of parents) {
    let path;
    try {
      path = files.makePrivateDirectory(parent, "denicorn-doctor-");
    } catch (error) {
      failures.push(`${parent} (${reasonOf(error)})`);
      continue;
    }
    try {
      return await use(path, parent);
    } finally {
      files.remove(path);
    }
  }
  throw new Error(`no directory can be created: ${failures.join(", ") || "none of the usual places exists"}`);
}
