import type { NotAppliedSetting } from "../../settings/resolve.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { Settings } from "../../settings/settings.ts";

/** The bundle of one generation. */
export interface AppBundle {
  /** Absolute path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  /** The unstable features of the runtime that its deno.json names. */
  readonly unstable: readonly string[];
  /** Without that export it starts servers of its own. */
  readonly exportsApp: boolean;
  /** It exports tasks, or the setting names a module that does. */
  readonly hasTasks: boolean;
  /** It exports `prepare`. */
  readonly isPrepared: boolean;
  /** Absolute path of the one file that workers import. */
  readonly path: string;
  /** The files it was made from, without those of packages. */
  readonly sources: readonly string[];
  /** For TLS, as they were when it was built; `null` without TLS. */
  readonly certificates: WorkerConfig["certificates"];
  /** The folders of the setting, as absolute paths without links. */
  readonly static: WorkerConfig["static"];
}

/** Settings and app as they were read at one moment. All workers of a generation have the same. */
export interface Generation {
  readonly number: number;
  readonly settings: Settings;
  /** What was changed in the settings and takes a restart. */
  readonly notApplied: readonly NotAppliedSetting[];
  /** Where its workers run and its app was looked for: an absolute path without links. */
  readonly directory: string;
  /** The files its settings were read from, and those that would have been. */
  readonly settingsFiles?: readonly string[] | undefined;
  /** `null` until it is built: workers of the first generation start before. */
  bundle: AppBundle | null;
  /** Bytes that V8 may use in each of its workers, 0 for the limit of the runtime. Set when the first one starts. */
  heapLimit?: number;
  /** A worker of it was ready. */
  hasServed?: boolean;
}
