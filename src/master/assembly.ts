import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { resolveAccount } from "./account.ts";
import { Arbiter } from "./arbiter.ts";
import { createGenerationSource, type SettingsReader } from "./generation_source.ts";
import { acceptLinks } from "./links.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";
import { shareLogs } from "./shared_logs.ts";
import { createSpawner } from "./spawner.ts";

/**
 * An arbiter with everything it needs to start workers: the link socket, and the account they run as. Throws
 * DenicornError.
 */
export function assemble(
  system: System,
  log: Log,
  reader: SettingsReader,
  directory: RuntimeDirectory,
): Arbiter {
  const { settings } = reader.initial;
  const account = resolveAccount(system, settings.user, settings.group);
  directory.share(account);
  shareLogs(system, settings, account);
  const arbiter = new Arbiter({
    system,
    log,
    spawner: createSpawner(system, directory.linkSocket, account),
    source: createGenerationSource(system, log.logger, reader, directory, account),
    first: { number: 1, settings, bundle: null },
    runtimeDirectory: directory.path,
  });
  void acceptLinks(directory.links, {
    identify: (token) => arbiter.roster.redeem(token),
    linked: (child, connection) => arbiter.post({ type: "linked", child, connection }),
    message: (child, message) => arbiter.post({ type: "message", child, message }),
  });
  return arbiter;
}
