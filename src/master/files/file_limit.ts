import { DenicornError, toDenicornError } from "../../core/errors.ts";
import { filesOfMaster } from "../../core/file_needs.ts";
import { raisedLimit } from "../../system/open_files.ts";
import type { FileLimit, System } from "../../system/system.ts";

/**
 * Throws DenicornError `file-limit` if a master cannot serve with even one worker. Without this, whatever happens to
 * open a file too many fails, and hardly ever says why: esbuild and the runtime do not name the cause.
 */
export function requireFiles({ openFiles }: Pick<System, "openFiles">): void {
  const needed = filesOfMaster({ workers: 1, addresses: 1 });
  const limit = currentLimit(openFiles);
  if (limit === null || raisedLimit(limit) >= needed) return;
  throw new DenicornError(
    "file-limit",
    `cannot start: the limit of open files is ${
      raisedLimit(limit)
    }, and a master needs about ${needed} for one worker: ` +
      "raise the limit (ulimit -n, LimitNOFILE=)",
  );
}

/** Raises the soft limit for the master and, because they inherit it, for its workers; `report` gets what it did. */
export function raiseFileLimit(
  { openFiles }: Pick<System, "openFiles">,
  report: (line: string) => void,
): void {
  try {
    const limit = openFiles.limit();
    const soft = raisedLimit(limit);
    if (soft === limit.soft) return;
    openFiles.setLimit({ ...limit, soft });
    report(`limit of open files raised from ${limit.soft} to ${soft}`);
  } catch (error) {
    report(`limit of open files not raised: ${toDenicornError(error).message}`);
  }
}

function currentLimit(openFiles: System["openFiles"]): FileLimit | null {
  try {
    return openFiles.limit();
  } catch {
    // Not Linux.
    return null;
  }
}
