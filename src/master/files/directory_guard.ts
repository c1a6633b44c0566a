/**
 * Protects the runtime directory against cleaners of /tmp (systemd-tmpfiles, tmpreaper), which remove files that have
 * not been used for days: the files are touched, and those that were still removed are re-created.
 */

import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";

/** Milliseconds between two checks; work that needs the directory also checks it first. */
const pollInterval = 2_000;

/** In milliseconds; cleaners count in days. */
const touchInterval = 3_600_000;

interface GuardedFile {
  /** `null` while the file is not needed. */
  readonly path: () => string | null;
  readonly make: () => void;
}

export class DirectoryGuard {
  readonly #system: Pick<System, "files" | "clock">;
  readonly #logger: Logger;
  readonly #directory: Pick<RuntimeDirectory, "path" | "verify" | "ensure">;
  readonly #guarded = new Set<GuardedFile>();
  #touchedAt: number;
  /** The last failure that was logged, so that it is logged once. */
  #failure = "";

  constructor(
    system: Pick<System, "files" | "clock">,
    logger: Logger,
    directory: Pick<RuntimeDirectory, "path" | "verify" | "ensure">,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#directory = directory;
    this.#touchedAt = system.clock.monotonic();
  }

  /** Checks from time to time until the returned function is called. */
  start(): () => void {
    return this.#system.clock.every(pollInterval, () => this.check());
  }

  /** Calls `make` when `path` was removed, until the returned function is called. */
  keep(path: () => string | null, make: () => void): () => void {
    const guarded = { path, make };
    this.#guarded.add(guarded);
    return () => void this.#guarded.delete(guarded);
  }

  /** Restores a file with its current content: the file stays open, so its content remains when its name is removed. `made` is called when it is there. */
  keepFile(path: string, mode: number, made: () => void): () => void {
    const file = this.#system.files.hold(path);
    const forget = this.keep(() => path, () => {
      this.#system.files.writeBytes(path, file.read(), { mode });
      made();
    });
    return () => {
      forget();
      file.close();
    };
  }

  /**
   * Re-creates what was removed, so that nothing fails because of a cleaner. False if that is not possible, for example
   * because another user has put a directory in its place.
   */
  check(): boolean {
    try {
      this.#restore();
      this.#failure = "";
      return true;
    } catch (error) {
      this.#logFailure(reasonOf(error));
      return false;
    }
  }

  /** Like `check`, for work that needs the directory. Throws DenicornError `runtime-directory`. */
  require(): void {
    if (this.check()) return;
    throw new DenicornError(
      "runtime-directory",
      `cannot use the runtime directory: ${this.#directory.path} (${this.#failure}): restart the server`,
    );
  }

  #restore(): void {
    const { path } = this.#directory;
    this.#directory.verify();
    const missing = Array.from(this.#guarded).filter((guarded) => this.#isMissing(guarded.path()));
    if (missing.length === 0) return this.#touch();
    const paths = missing.map((guarded) => guarded.path() ?? "");
    this.#directory.ensure();
    for (const { make } of missing) make();
    const advice = "exclude it from what cleans up there, or set XDG_RUNTIME_DIR";
    const what = paths.length === 1 ? "was removed and is restored" : "were removed and are restored";
    this.#logger.warning`${namesOf(paths, path)} ${what}: ${advice}`;
  }

  #isMissing(path: string | null): boolean {
    return path !== null && this.#system.files.lstat(path) === null;
  }

  #touch(): void {
    const { files, clock } = this.#system;
    const now = clock.monotonic();
    if (now - this.#touchedAt < touchInterval) return;
    this.#touchedAt = now;
    const { path } = this.#directory;
    try {
      for (const name of files.list(path)) files.touch(`${path}/${name}`);
      files.touch(path);
    } catch {
      // A file system that is read-only now has no cleaner either.
    }
  }

  #logFailure(reason: string): void {
    if (reason === this.#failure) return;
    this.#failure = reason;
    const advice = "no worker can start until this works; else restart the server";
    this.#logger
      .error`cannot restore the runtime directory: ${this.#directory.path} (${reason}): ${advice}`;
  }
}

/** The files in `directory` without its path, others with theirs. */
function namesOf(paths: readonly string[], directory: string): string {
  const isInside = (path: string) => path.startsWith(`${directory}/`);
  const inside = paths.filter(isInside).map((path) => path.slice(directory.length + 1)).join(", ");
  const others = paths.filter((path) => !isInside(path));
  return [...(inside === "" ? [] : [`${inside} in ${directory}`]), ...others].join(" and ");
}
