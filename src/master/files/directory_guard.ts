/**
 * Keeps what lies in the runtime directory there. Cleaners of /tmp (systemd-tmpfiles, tmpreaper) remove what
 * nobody has used for days: so it is touched, and what is gone all the same is made anew, under the same names.
 */

import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { System } from "../../system/system.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";

/** Milliseconds between two looks; who needs something looks before. */
const pollInterval = 2_000;

/** Cleaners count in days. */
const touchInterval = 3_600_000;

interface GuardedFile {
  /** `null` while it need not be there. */
  readonly path: () => string | null;
  readonly make: () => void;
}

export class DirectoryGuard {
  readonly #system: Pick<System, "files" | "clock">;
  readonly #logger: Logger;
  readonly #directory: Pick<RuntimeDirectory, "path" | "verify" | "ensure">;
  readonly #guarded = new Set<GuardedFile>();
  #touchedAt: number;
  /** What was said last, so that it is not said again and again. */
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

  /** Looks from time to time until the returned function is called. */
  start(): () => void {
    return this.#system.clock.every(pollInterval, () => this.check());
  }

  /** `make` is called when nothing is at `path` any more. The returned function forgets it. */
  keep(path: () => string | null, make: () => void): () => void {
    const guarded = { path, make };
    this.#guarded.add(guarded);
    return () => void this.#guarded.delete(guarded);
  }

  /** Keeps a file as it is now: its content outlives its name as long as it is open. */
  keepFile(path: string, made: () => void): () => void {
    const file = this.#system.files.hold(path);
    const forget = this.keep(() => path, () => {
      this.#system.files.writeBytes(path, file.read(), { mode: 0o644 });
      made();
    });
    return () => {
      forget();
      file.close();
    };
  }

  /**
   * Makes anew what is gone. Nothing that is needed from there fails because of a cleaner after this. False while
   * that cannot be done, or somebody else has put his own there.
   */
  check(): boolean {
    try {
      this.#restore();
      this.#failure = "";
      return true;
    } catch (error) {
      this.#logFailure(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** The same for what must not go on without it. Throws DenicornError `runtime-directory`. */
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
    const names = missing.map((guarded) => guarded.path()?.slice(path.length + 1));
    this.#directory.ensure();
    for (const { make } of missing) make();
    const advice = "tell what cleans up there to leave it alone, or set XDG_RUNTIME_DIR";
    this.#logger.warning`${names.join(", ")} in ${path} was gone, made anew: ${advice}`;
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
    for (const name of files.list(path)) files.touch(`${path}/${name}`);
    files.touch(path);
  }

  #logFailure(reason: string): void {
    if (reason === this.#failure) return;
    this.#failure = reason;
    const advice = "no worker can start until that is possible, or the server is started again";
    this.#logger
      .error`cannot make the runtime directory anew: ${this.#directory.path} (${reason}): ${advice}`;
  }
}
