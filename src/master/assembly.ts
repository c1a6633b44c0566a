import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { resolveAccount } from "./account.ts";
import { Arbiter } from "./arbiter.ts";
import { createGenerationSource, type SettingsReader } from "./generation_source.ts";
import { listenForLinks } from "./links.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";
import { createSpawner } from "./spawner.ts";

export interface Assembly {
  readonly arbiter: Arbiter;
  [Symbol.dispose](): void;
}

/**
 * An arbiter with everything it needs to start workers: the link socket, and the account they run as. Throws
 * DenicornError.
 */
export function assemble(
  system: System,
  log: Log,
  reader: SettingsReader,
  directory: RuntimeDirectory,
): Assembly {
  const { settings } = reader.initial;
  const account = resolveAccount(system, settings.user, settings.group);
  const arbiter = new Arbiter({
    system,
    log,
    spawner: createSpawner(system, directory.linkSocket, account),
    source: createGenerationSource(system, log.logger, reader, directory.path),
    first: { number: 1, settings, bundle: null },
    runtimeDirectory: directory.path,
  });
  const links = listenForLinks(system.network, directory.linkSocket, {
    identify: (token) => arbiter.roster.redeem(token),
    linked: (child, connection) => arbiter.post({ type: "linked", child, connection }),
    message: (child, message) => arbiter.post({ type: "message", child, message }),
  });
  directory.share(account);
  return { arbiter, [Symbol.dispose]: () => links.close() };
}
