import type { Logger } from "../../log/logger.ts";
import { changedSettings, keepFixed } from "../../settings/resolve.ts";
import type { PlacedSettings } from "../../settings/values.ts";
import type { System } from "../../system/system.ts";
import { locateApp, parseAppSpec } from "../../app/app_spec.ts";
import { addToCacheLater, bundleApp } from "../../app/bundle/bundle.ts";
import type { Credentials } from "../files/credentials.ts";
import type { Generation } from "../workers/generation.ts";
import type { GenerationSource } from "./generations.ts";
import type { RuntimeDirectory } from "../files/runtime_directory.ts";
import { shareLogs } from "../files/shared_logs.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";

/** The settings of the start, and a function that reads them again. */
export interface SettingsReader {
  readonly initial: PlacedSettings;
  /** Throws DenicornError. */
  read(): Promise<PlacedSettings>;
}

export function createGenerationSource(
  system: System,
  logger: Logger,
  reader: SettingsReader,
  directory: RuntimeDirectory,
  credentials: Credentials,
  directoryGuard: DirectoryGuard,
): GenerationSource {
  const guards = new Map<string, () => void>();
  return {
    async renew(number) {
      directoryGuard.require();
      const next = await reader.read();
      const { applied, needRestart } = changedSettings(reader.initial, next);
      if (applied.length > 0) logger.info`changed since the start: ${applied.join(", ")}`;
      for (const name of needRestart) {
        logger.warning`${name} was changed, which takes a restart: the old value stays in force`;
      }
      const settings = keepFixed(reader.initial.settings, next.settings);
      shareLogs(system, settings, credentials);
      return { number, settings, directory: next.directory, bundle: null };
    },

    async bundle({ number, settings, directory: workingDirectory }: Generation) {
      const spec = parseAppSpec(settings.app ?? "");
      const entry = locateApp(system, spec, workingDirectory);
      const { exportName } = spec;
      const outfile = `${directory.path}/generation-${number}.mjs`;
      const bundle = await bundleApp(system, {
        ...{ entry, exportName, outfile },
        runtimeDirectory: directory.path,
        cache: settings.bundleCache === "auto",
      });
      directory.share(credentials, outfile);
      guards.set(outfile, directoryGuard.keepFile(outfile, () => directory.share(credentials, outfile)));
      const { warnings, fileCount, fromCache, durationMs } = bundle;
      for (const warning of warnings) logger.warning`${warning}`;
      const how = fromCache ? "bundle found in the cache" : "bundled";
      logger.debug`${how}: ${fileCount} files, in ${Math.round(durationMs)} ms`;
      addToCacheLater(system, bundle);
      return { source: entry, exportName, path: outfile };
    },

    shareLogs: ({ settings }) => shareLogs(system, settings, credentials),
    discard({ path }) {
      guards.get(path)?.();
      guards.delete(path);
      system.files.remove(path);
    },
  };
}
