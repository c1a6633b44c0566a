import { permissionsGivenUp } from "../../core/app_permissions.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { changedSettings, keepFixed, notAppliedText } from "../../settings/resolve.ts";
import type { Settings } from "../../settings/settings.ts";
import type { PlacedSettings } from "../../settings/values.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { System } from "../../system/system.ts";
import { type Credentials, isOtherUser } from "../../account/credentials.ts";
import { buildApp } from "../../app/build/build_app.ts";
import { prepareExport, tasksExport } from "../../app/load/app_hooks.ts";
import { addToCacheLater } from "../../app/bundle/bundle.ts";
import type { AppBundle, Generation } from "../workers/generation.ts";
import type { GenerationSource } from "./generations.ts";
import type { AppPreparations } from "./app_preparations.ts";
import { orReport, writingTo } from "../files/directory_failure.ts";
import type { RuntimeDirectory } from "../files/runtime_directory.ts";
import { shareLogs } from "../files/shared_logs.ts";
import type { MasterHooks } from "../hooks/master_hooks.ts";
import type { DirectoryGuard } from "../files/directory_guard.ts";

/** The settings of the start, and a function that reads them again. */
export interface SettingsReader {
  readonly initial: PlacedSettings;
  /** Stops at `signal`. Throws DenicornError. */
  read(signal?: AbortSignal): Promise<PlacedSettings>;
}

/** Every file that is loaded makes the start slower. */
const loadBuildAs = lazyModule(() => import("../../app/build/build_as.ts"));
const loadCertificates = lazyModule(() => import("./read_pairs.ts"));
const loadStaticFolders = lazyModule(() => import("./static_folders.ts"));
const loadPreparations = lazyModule(() => import("./app_preparations.ts"));

export function createGenerationSource(
  system: System,
  logger: Logger,
  reader: SettingsReader,
  directory: RuntimeDirectory,
  credentials: Credentials,
  directoryGuard: DirectoryGuard,
  hooks: MasterHooks,
): GenerationSource {
  let preparations: AppPreparations | null = null;
  const guards = new Map<string, () => void>();
  const warn = (line: string) => logger.warning`${line}`;

  async function bundle(
    { number, settings, directory: workingDirectory }: Generation,
    signal?: AbortSignal,
  ): Promise<AppBundle> {
    const certificates = await readCertificates(settings);
    const folders = await findStaticFolders(settings, workingDirectory);
    const request = {
      app: settings.app ?? "",
      workingDirectory,
      runtimeDirectory: directory.path,
      external: settings.external,
      tasks: settings.tasks,
      cache: settings.bundleCache === "auto",
    };
    const { text, source, exportName, exports, isCommonJs, unstable, sources, ...build } =
      isOtherUser(system, credentials)
        ? {
          addToCache: undefined,
          ...await (await loadBuildAs()).buildAppAs(system, request, credentials, signal),
        }
        : await buildApp(system, request, signal);
    const hasTasks = settings.tasks !== undefined || exports.includes(tasksExport);
    if (hasTasks) requireTaskRights(settings);
    const outfile = `${directory.path}/generation-${number}.mjs`;
    try {
      system.files.writeText(outfile, text, { mode: 0o644 });
    } catch (error) {
      orReport(outfile, warn, () => system.files.remove(outfile));
      throw error;
    }
    directory.share(credentials, outfile);
    guards.set(outfile, directoryGuard.keepFile(outfile, 0o644, () => directory.share(credentials, outfile)));
    const { warnings, fileCount, fromCache, durationMs } = build;
    for (const warning of warnings) logger.warning`${warning}`;
    const how = fromCache ? "bundle found in the cache" : "bundled";
    logger.debug`${how}: ${fileCount} files, in ${Math.round(durationMs)} ms`;
    void addToCacheLater(system, build);
    return {
      ...{ source, exportName, unstable, sources, path: outfile },
      exportsApp: isCommonJs || exports.includes(exportName),
      hasTasks,
      isPrepared: exports.includes(prepareExport),
      certificates,
      static: folders,
    };
  }

  async function findStaticFolders(
    settings: Generation["settings"],
    workingDirectory: string,
  ): Promise<AppBundle["static"]> {
    if (settings.static.length === 0) return [];
    const { staticFolders } = await loadStaticFolders();
    return staticFolders(system, settings, workingDirectory);
  }

  async function readCertificates(settings: Generation["settings"]): Promise<AppBundle["certificates"]> {
    if (settings.certfile.length === 0) return null;
    const { readPairs } = await loadCertificates();
    return readPairs(system, settings, warn);
  }

  async function prepare(generation: Generation, bundle: AppBundle, signal?: AbortSignal): Promise<void> {
    // What the app needs to serve, such as a database, may be missing where it is only checked.
    if (!bundle.isPrepared || generation.settings.bind.length === 0) return;
    const { AppPreparations } = await loadPreparations();
    preparations ??= new AppPreparations(system, logger, credentials);
    await preparations.run(generation, bundle, signal);
  }

  function discard({ path }: AppBundle): void {
    guards.get(path)?.();
    guards.delete(path);
    orReport(path, warn, () => system.files.remove(path));
  }

  return {
    async renew(number, signal) {
      directoryGuard.require();
      const next = await reader.read(signal);
      const { applied, needRestart } = changedSettings(reader.initial, next);
      if (applied.length > 0) logger.info`changed since the start: ${applied.join(", ")}`;
      for (const setting of needRestart) logger.warning`${notAppliedText(setting)}`;
      const settings = keepFixed(reader.initial.settings, next.settings);
      shareLogs(system, settings, credentials);
      const { directory: workingDirectory, files: settingsFiles } = next;
      const generation = {
        number,
        settings,
        notApplied: needRestart,
        directory: workingDirectory,
        settingsFiles,
      };
      const opened = await writingTo(directory.path, () => hooks.open(generation, next.hooks));
      try {
        await hooks.ask("onReload", number);
        signal.throwIfAborted();
      } catch (error) {
        hooks.close(number);
        throw error;
      }
      return { ...generation, hooks: opened, bundle: null };
    },

    async bundle(generation, signal) {
      let built: AppBundle | null = null;
      try {
        built = await writingTo(directory.path, () => bundle(generation, signal));
        await prepare(generation, built, signal);
        return built;
      } catch (error) {
        if (built !== null) discard(built);
        // A start that fails ends the master, which has a hook for that.
        if (signal !== undefined) hooks.close(generation.number);
        throw error;
      }
    },
    shareLogs: ({ settings }) => shareLogs(system, settings, credentials),
    discard({ number }, built) {
      discard(built);
      hooks.close(number);
    },
  };
}

/** Throws DenicornError `setting-invalid`: whether an app has tasks is known when it is built. */
function requireTaskRights({ appPermissions, taskStore }: Settings): void {
  if (taskStore.kind === "redis" || !permissionsGivenUp(appPermissions).includes("write")) return;
  throw new DenicornError(
    "setting-invalid",
    `app-permissions: ${
      appPermissions.join(", ")
    } is not accepted for an app with tasks, whose store the workers write to: add ` +
      "write, or give a task-store in Redis",
  );
}
