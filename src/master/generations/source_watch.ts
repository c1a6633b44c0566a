/** With `watch`: reloads when a file changes that the app was made from. */

import { ChangedFiles } from "../../core/changed_files.ts";
import type { Logger } from "../../log/logger.ts";
import type { Clock, Files } from "../../system/system.ts";

interface SourceWatchOptions {
  readonly clock: Clock;
  readonly files: Pick<Files, "stat" | "watch">;
  readonly logger: Logger;
  readonly reload: () => void;
}

/** Milliseconds without a change after which a save is complete: editors write a file in several steps. */
const settled = 30;

/** Milliseconds after the first change: switching to another branch changes files for a while. */
const longestWait = 500;

export class SourceWatch {
  readonly #options: SourceWatchOptions;
  #sources: readonly string[] = [];
  #changes = new ChangedFiles([], false);
  #isBroken = false;
  #watched: readonly string[] = [];
  /** A watched directory was removed: another one of its name is not watched, and may have the same inode. */
  #isStale = false;
  #close: () => void = () => {};
  readonly #pending = new Set<string>();
  #firstAt = 0;
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(options: SourceWatchOptions) {
    this.#options = options;
  }

  /** The server stops, or another master takes over. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#close();
  }

  /** The app was built from these. */
  built(sources: readonly string[]): void {
    this.#sources = sources;
    this.#isBroken = false;
    this.#follow();
  }

  /** It could not be built, so the last files it was made from count, and new ones beside them. */
  failed(): void {
    this.#isBroken = true;
    this.#follow();
  }

  #follow(): void {
    const { files } = this.#options;
    this.#changes = new ChangedFiles(this.#sources, this.#isBroken);
    const directories = this.#changes.directories((path) => files.stat(path)?.isDirectory === true);
    if (this.#isClosed) return;
    if (!this.#isStale && directories.join("\n") === this.#watched.join("\n")) return;
    this.#close();
    this.#close = () => {};
    try {
      this.#close = files.watch(directories, (paths) => this.#changed(paths), (error) => this.#fail(error));
      this.#watched = directories;
      this.#isStale = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next build tries again. */
  #fail(error: unknown): void {
    this.#isStale = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.logger
      .warning`cannot watch the files of the app: ${reason}: reload with HUP or \`denicorn reload\``;
  }

  #changed(paths: readonly string[]): void {
    const { clock } = this.#options;
    const counted = paths.filter((path) => this.#changes.counts(path));
    if (counted.length === 0) return;
    this.#isStale ||= counted.some((path) => this.#watched.includes(path));
    const now = clock.monotonic();
    if (this.#pending.size === 0) this.#firstAt = now;
    for (const path of counted) this.#pending.add(path);
    this.#cancel();
    const wait = Math.min(settled, Math.max(0, this.#firstAt + longestWait - now));
    this.#cancel = clock.after(wait, () => this.#reload());
  }

  #reload(): void {
    const { logger, reload } = this.#options;
    const [first = "", ...others] = this.#pending;
    this.#pending.clear();
    // What changes while the app is built must be seen.
    this.#follow();
    logger.info`watch: ${first}${others.length === 0 ? "" : ` and ${others.length} more`} changed`;
    reload();
  }
}
