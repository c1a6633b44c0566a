import type { Log } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import { resolveAccount } from "./account.ts";
import { Arbiter } from "./arbiter.ts";
import { createGenerationSource, type SettingsReader } from "./generation_source.ts";
import { listenForLinks } from "./links.ts";
import { makeRuntimeDirectory, type RuntimeDirectory } from "./runtime_directory.ts";
import { createSpawner } from "./spawner.ts";

export interface Assembly {
  readonly arbiter: Arbiter;
  readonly directory: RuntimeDirectory;
}

/**
 * An arbiter with everything it needs to start workers: the runtime directory, the link socket, the account
 * they run as. `cleanup` takes it all away again. Throws DenicornError.
 */
export async function assemble(
  system: System,
  log: Log,
  reader: SettingsReader,
  cleanup: DisposableStack,
): Promise<Assembly> {
  const { settings } = reader.initial;
  const account = resolveAccount(system, settings.user, settings.group);
  const directory = await makeRuntimeDirectory(system, account);
  cleanup.defer(() => directory.remove());

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
  cleanup.defer(() => links.close());
  directory.shareLinkSocket();
  return { arbiter, directory };
}
