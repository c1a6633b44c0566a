import type { Log } from "../log/logger.ts";
import type { System, UnixListener } from "../system/system.ts";
import { resolveAccount } from "./account.ts";
import { Arbiter } from "./arbiter.ts";
import { createGenerationSource, type SettingsReader } from "./generation_source.ts";
import type { Launch } from "./launch.ts";
import { acceptLinks } from "./links.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";
import { openScoreboard } from "./scoreboard.ts";
import { shareLogs } from "./shared_logs.ts";
import { createSpawner } from "./spawner.ts";
import { openSteering } from "./steering.ts";
import { Succession } from "./succession.ts";
import type { Upkeep } from "./upkeep.ts";

export interface Parts {
  readonly log: Log;
  readonly reader: SettingsReader;
  readonly directory: RuntimeDirectory;
  readonly upkeep: Upkeep;
  readonly launch: Launch;
  readonly controlSocket: () => string | null;
  /** Learns what to take down at the end. */
  readonly cleanup: DisposableStack;
  /** Claims what a predecessor held until now. */
  readonly claim: (predecessor: number | null) => Promise<void>;
}

/**
 * An arbiter with everything it needs to start workers: the link socket, the account they run as, and what a
 * predecessor hands over. Throws DenicornError.
 */
export async function assemble(system: System, parts: Parts): Promise<Arbiter> {
  const { log, reader, directory, upkeep, launch, cleanup } = parts;
  const { settings } = reader.initial;
  const account = resolveAccount(system, settings.user, settings.group);
  const steering = openSteering(system, log.logger, settings.steering, directory.postBox);
  const scoreboard = cleanup.use(openScoreboard(system, log.logger, directory.path, account));
  directory.share(account);
  shareLogs(system, settings, account);
  const succession = launch.predecessor === null
    ? null
    : new Succession(system, log.logger, launch.predecessor, steering, parts.claim);
  await succession?.prepare(settings);
  const arbiter = new Arbiter({
    ...{ system, log, launch, steering, scoreboard, succession },
    controlSocket: parts.controlSocket,
    spawner: createSpawner(system, directory.linkSocket, account, upkeep),
    source: createGenerationSource(system, log.logger, reader, directory, account, upkeep),
    first: { number: 1, settings, bundle: null },
    runtimeDirectory: directory.path,
  });
  const accept = (links: UnixListener) =>
    void acceptLinks(links, {
      identify: (token) => arbiter.roster.redeem(token),
      linked: (child, connection, version) => arbiter.post({ type: "linked", child, connection, version }),
      message: (child, message) => arbiter.post({ type: "message", child, message }),
      ended: () => arbiter.post({ type: "unlinked" }),
    }, system.clock);
  accept(directory.links);
  upkeep.keep(() => directory.linkSocket, () => {
    accept(directory.listenAnew());
    directory.share(account);
  });
  upkeep.keep(() => steering.postBox, () => {
    steering.reopen();
    directory.share(account);
  });
  return arbiter;
}
