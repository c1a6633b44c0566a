import type { Log } from "../log/logger.ts";
import type { System, UnixListener } from "../system/system.ts";
import { resolveCredentials } from "./files/credentials.ts";
import { Arbiter } from "./arbiter.ts";
import { createGenerationSource, type SettingsReader } from "./generations/build_generation.ts";
import type { Launch } from "./transitions/launch.ts";
import { acceptChannels } from "./workers/worker_channels.ts";
import type { RuntimeDirectory } from "./files/runtime_directory.ts";
import { openScoreboard } from "./workers/scoreboard.ts";
import { shareLogs } from "./files/shared_logs.ts";
import { workerProcessStarter } from "./workers/spawner.ts";
import { openSteering } from "./listeners/steering.ts";
import { Takeover } from "./transitions/takeover.ts";
import type { DirectoryGuard } from "./files/directory_guard.ts";

export interface Parts {
  readonly log: Log;
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly directoryGuard: DirectoryGuard;
  readonly launch: Launch;
  readonly controlSocket: () => string | null;
  /** Learns what to take down at the end. */
  readonly cleanup: DisposableStack;
  /** Claims what a predecessor held until now. */
  readonly claim: (oldMaster: number | null) => Promise<void>;
}

/**
 * An arbiter with everything it needs to start workers: the link socket, the account they run as, and what a
 * predecessor hands over. Throws DenicornError.
 */
export async function assemble(system: System, parts: Parts): Promise<Arbiter> {
  const { log, reader, directory, directoryGuard, launch, cleanup } = parts;
  const { settings } = reader.initial;
  const credentials = resolveCredentials(system, settings.user, settings.group);
  const steering = openSteering(system, log.logger, settings.steering, directory.fdInbox);
  const scoreboard = cleanup.use(openScoreboard(system, log.logger, directory.path, credentials));
  directory.share(credentials);
  shareLogs(system, settings, credentials);
  const takeover = launch.oldMaster === null
    ? null
    : new Takeover(system, log.logger, launch.oldMaster, steering, parts.claim);
  await takeover?.prepare(settings);
  const arbiter = new Arbiter({
    ...{ system, log, launch, steering, scoreboard, takeover },
    controlSocket: parts.controlSocket,
    startProcess: workerProcessStarter(system, directory.channelSocket, credentials, directoryGuard),
    source: createGenerationSource(system, log.logger, reader, directory, credentials, directoryGuard),
    first: { number: 1, settings, bundle: null },
    runtimeDirectory: directory.path,
  });
  const accept = (channels: UnixListener) =>
    void acceptChannels(channels, {
      identify: (token) => arbiter.workerTable.redeem(token),
      connected: (worker, connection, version) =>
        arbiter.post({ type: "connected", worker, connection, version }),
      message: (worker, message) => arbiter.post({ type: "message", worker, message }),
      ended: () => arbiter.post({ type: "disconnected" }),
    }, system.clock);
  accept(directory.channels);
  directoryGuard.keep(() => directory.channelSocket, () => {
    accept(directory.listenAnew());
    directory.share(credentials);
  });
  directoryGuard.keep(() => steering.fdInbox, () => {
    steering.reopen();
    directory.share(credentials);
  });
  return arbiter;
}
