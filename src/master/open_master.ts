/** A master with what it opens in the system: its runtime directory, steering, and the channels of its workers. */

import { listenAddresses } from "../settings/listen_addresses.ts";
import { resolveCredentials } from "../account/credentials.ts";
import type { Log } from "../log/logger.ts";
import type { HookServer } from "../settings/config_hooks.ts";
import { fromDefault } from "../settings/values.ts";
import { workerRange } from "../settings/worker_range.ts";
import { withTimeout } from "../system/clock.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { System, UnixListener } from "../system/system.ts";
import type { DirectoryGuard } from "./files/directory_guard.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import { shareLogs } from "./files/shared_logs.ts";
import { createGenerationSource, type SettingsReader } from "./generations/build_generation.ts";
import { MasterHooks } from "./hooks/master_hooks.ts";
import type { SharedSockets } from "./listeners/shared_sockets.ts";
import { openSteering } from "./listeners/steering.ts";
import { memoryStoreFolder } from "./tasks/task_config.ts";
import type { Launch } from "./transitions/launch.ts";
import { Takeover } from "./transitions/takeover.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import { joinMaster } from "./channels/master_link.ts";
import { openOtherMachines } from "./channels/open_other_machines.ts";
import { coresFor } from "./workers/allowed_cores.ts";
import { workerProcessStarter } from "./workers/spawner.ts";
import { ChannelHub } from "./channels/channel_hub.ts";
import { acceptChannels } from "./workers/worker_channels.ts";
import type { WorkerHandle } from "./workers/worker_handle.ts";
import type { HostProcess } from "./workers/host_process.ts";
import { ThreadHosts } from "./workers/thread_hosts.ts";
import { WorkerTable } from "./workers/worker_table.ts";
import type { WorkerProcess } from "./workers/worker_process.ts";
import { type ArbiterWithStatus, composeArbiter } from "./compose.ts";

/** Most config files have no hooks. */
const loadHooks = lazyModule(() => import("./hooks/open_hooks.ts"));

interface MasterOptions {
  readonly log: Log;
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly directoryGuard: DirectoryGuard;
  readonly launch: Launch;
  readonly scoreboard: Scoreboard;
  readonly sharedSockets: SharedSockets;
  /** Started already, in slot 0; `null` if no worker was. */
  readonly firstWorker: WorkerProcess | null;
  /** Started already, for the first workers, if they are threads; `null` if it was not. */
  readonly firstHost: HostProcess | null;
  /** Nobody else gets the addresses of the setting until then. */
  readonly leaveAddresses: () => void;
  /** Where the master answers commands; `null` while it does not. */
  readonly controlSocket: () => string | null;
}

interface Master extends ArbiterWithStatus {
  readonly hooks: MasterHooks;
  /** `null` in a master that was not started by an upgrade. */
  readonly takeover: Takeover | null;
  /** Resolves when what workers posted last is passed on, or soon. */
  readonly finishChannels: () => Promise<void>;
}

const loadWatch = lazyModule(() => import("./generations/watched_source.ts"));

/** Milliseconds in which the last messages of workers are read that have ended. */
const longestFinish = 500;

/**
 * A master with everything it needs from the system to start workers: steering, the worker channels, and
 * during an upgrade the listeners of the old master. Throws DenicornError.
 */
export async function openMaster(system: System, options: MasterOptions): Promise<Master> {
  const {
    log,
    reader,
    directory,
    directoryGuard,
    launch,
    scoreboard,
    sharedSockets,
    firstWorker,
    firstHost,
    controlSocket,
  } = options;
  const { settings, origins } = reader.initial;
  const cores = coresFor(system, reader.initial);
  const isBindDefault = origins.bind === fromDefault && settings.bind.length > 0;
  const credentials = resolveCredentials(system, settings);
  const steering = openSteering(system, log.logger, settings.steering, directory.fdInbox);
  directory.share(credentials);
  shareLogs(system, settings, credentials);
  if (settings.taskStore.kind === "memory") directory.giveFolder(memoryStoreFolder, credentials);
  const takeover = launch.oldMaster === null ? null : await Takeover.begin({
    ...{ system, logger: log.logger, oldMaster: launch.oldMaster, steering },
    shareInbox: () => directory.shareInbox(credentials),
  }, { ...settings, bind: listenAddresses(settings), isBindDefault });
  const workerTable = new WorkerTable();
  const taskTable = new WorkerTable();
  const hub = new ChannelHub(system.clock, log.logger);
  const other = takeover?.channels ?? null;
  const serverName = other?.server ?? system.host.secret();
  const { channelUrl } = settings;
  const otherMachines = channelUrl === undefined
    ? null
    : await openOtherMachines(system, { logger: log.logger, hub, place: channelUrl, server: serverName });
  /** With it the successor of this master takes part. */
  let linkToken: string | null = null;
  const startProcess = workerProcessStarter({
    ...{
      system,
      logger: log.logger,
      credentials,
      scoreboard,
      requireSockets: () => sharedSockets.require(),
      directoryGuard,
      channelPath: directory.channelSocket,
    },
  });
  const threadHosts = new ThreadHosts({
    ...{ system, logger: log.logger, workerTable },
    start: (slot, generation, token, inherited) =>
      startProcess(slot, generation, token, inherited, "requests", true),
  });
  // The first worker is started before there is a server to describe.
  const { app = "" } = settings;
  const { min: workers } = workerRange(settings, system.host.cores());
  let server: () => Omit<HookServer, "pid"> = () => ({ generation: 1, app, workers });
  const hooks = new MasterHooks({
    ...{ clock: system.clock, logger: log.logger },
    server: () => ({ pid: system.host.pid, ...server() }),
    open: async (generation, declared) => {
      const { openHooks } = await loadHooks();
      return openHooks(
        { system, logger: log.logger, directory, directoryGuard, credentials },
        generation,
        declared,
      );
    },
    wake: () => arbiter.post({ type: "wake" }),
  });
  const { directory: workingDirectory, files: settingsFiles } = reader.initial;
  const start = { number: 1, settings, notApplied: [], directory: workingDirectory, settingsFiles };
  const first = { ...start, hooks: await hooks.open(start, reader.initial.hooks), bundle: null };
  if (firstHost !== null) {
    // As for the first worker that is a process.
    if (steering.isOn === (firstHost.pairs.length > 0)) threadHosts.adopt(firstHost, first);
    else firstHost.process.kill("SIGKILL");
  }
  const source = createGenerationSource(
    system,
    log.logger,
    reader,
    directory,
    credentials,
    directoryGuard,
    hooks,
  );
  const watch = settings.watch === undefined || settings.watch === false
    ? null
    : (await loadWatch()).watched(source, {
      ...{ system, logger: log.logger },
      reload: () => arbiter.post({ type: "command", begin: () => arbiter.reload() }),
    });
  const { arbiter, statusSource, carryOn } = composeArbiter({
    ...{
      system,
      log,
      launch,
      workerTable,
      taskTable,
      steering,
      scoreboard,
      sharedSockets,
      firstWorker,
      takeover,
      otherMachines,
    },
    controlSocket,
    offerLink: () => {
      linkToken = system.host.secret();
      return { path: directory.channelSocket, token: linkToken, server: serverName };
    },
    ...{ startProcess, threadHosts, cores, hooks },
    source: watch?.source ?? source,
    first,
    isBindDefault,
    runtimeDirectory: directory.path,
    leaveAddresses: takeover?.leaveAddresses ?? options.leaveAddresses,
  });
  server = () => {
    const { generation, app, target } = statusSource;
    return { generation, app, workers: target };
  };
  arbiter.eventLog.follow(({ kind }) => {
    if (kind === "stopping" || kind === "upgraded") watch?.close();
  });
  takeover?.onRetirement((late) => arbiter.post({ type: "command", begin: () => arbiter.catchUp(late) }));
  const malformed = (worker: WorkerHandle, reason: string) => {
    // At once, because its channel closes before the event is handled: it would log that it finishes.
    worker.process.kill("SIGKILL");
    arbiter.post({ type: "malformed", worker, reason });
  };
  const accept = (channels: UnixListener) =>
    void acceptChannels(channels, {
      get expected() {
        const others = threadHosts.expected + hooks.expected + (linkToken === null ? 0 : 1);
        return workerTable.expected + taskTable.expected + others;
      },
      link: (token, connection) => {
        if (token !== linkToken) return hooks.link(token, connection) ?? threadHosts.link(token, connection);
        linkToken = null;
        return hub.linkMaster((bytes) => connection.send(bytes));
      },
      identify: (token) => workerTable.redeem(token) ?? taskTable.redeem(token),
      connected: (worker, connection, version) => {
        hub.connected(worker);
        arbiter.post({ type: "connected", worker, connection, version });
      },
      message: (worker, message) => {
        // Not an event of the arbiter, which looks after the whole server after each.
        const objection = hub.handle(worker, message);
        if (objection === undefined) arbiter.post({ type: "message", worker, message });
        else if (objection !== null) malformed(worker, objection);
      },
      pauseFor: (worker) => hub.pauseFor(worker),
      malformed,
      disconnected: (worker) => {
        hub.gone(worker);
        arbiter.post({ type: "disconnected" });
      },
    }, system.clock);
  accept(directory.channels);
  if (other !== null) void joinMaster(system.network, hub, other);
  directoryGuard.keep(() => directory.channelSocket, () => {
    accept(directory.listenAgain());
    directory.share(credentials);
  });
  directoryGuard.keep(() => steering.fdInbox, () => {
    steering.reopen();
  });
  const finishChannels = async () => {
    await withTimeout(system.clock, longestFinish, hub.finish());
    await otherMachines?.end();
  };
  return { arbiter, statusSource, carryOn, takeover, hooks, finishChannels };
}
