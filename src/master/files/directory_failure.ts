import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";

/** The file system is full, a quota is used up, or it is read-only now. */
const codes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

/** Does `work`, which writes only to the runtime directory. Throws DenicornError `runtime-directory` if it cannot. */
export async function writingTo<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !codes.has(Reflect.get(error, "code"))) throw error;
    throw new DenicornError(
      "runtime-directory",
      `cannot write to the runtime directory: ${directory} (${reasonOf(error)}): make space or ` +
        "let it be written to, or set XDG_RUNTIME_DIR to another directory and restart",
      { cause: error },
    );
  }
}

/** Does the last work on a file, such as to remove it. That it cannot be done is logged, and nothing fails. */
export function orReport(path: string, report: (line: string) => void, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    report(`cannot remove ${path} (${reasonOf(error)}): remove it by hand`);
  }
}
