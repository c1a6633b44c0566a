import { type Credentials, isOtherUser } from "../../account/credentials.ts";
import type { Trial } from "../../account/trial.ts";
import { DenicornError } from "../../core/errors.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { System } from "../../system/system.ts";
import { makeRuntimeDirectory, type RuntimeDirectory, runtimeParents } from "./runtime_directory.ts";

const trial = lazyModule(() => import("../../account/trial.ts"));

/**
 * A runtime directory that workers with `credentials` can reach: `directory`, or one in another place, and then `directory`
 * is removed. From a login of root, `XDG_RUNTIME_DIR` is a directory that no other user may enter. Throws DenicornError
 * `account` if there is no such place, or workers may not listen on an address of `listen`.
 */
export async function directoryFor(
  system: System,
  directory: RuntimeDirectory,
  credentials: Credentials,
  listen: Trial["listen"],
): Promise<RuntimeDirectory> {
  if (!isOtherUser(system, credentials)) return directory;
  // Every file that is loaded makes the start slower.
  const { requireListening, tryAccount } = await trial();
  const failures: string[] = [];
  const parents = runtimeParents(system);
  for (let current = directory;;) {
    current.share(credentials);
    const report = await tryAccount(system, credentials, { socket: current.channelSocket, listen });
    if (report.unreachable === null) {
      requireListening(system, credentials, report);
      return current;
    }
    failures.push(`${current.path} (${report.unreachable})`);
    const parent = current.path.slice(0, current.path.lastIndexOf("/"));
    const others = parents.slice(parents.indexOf(parent) + 1);
    current[Symbol.dispose]();
    if (others.length === 0) throw unreachable(credentials, failures);
    current = makeRuntimeDirectory(system, others);
  }
}

function unreachable({ title }: Credentials, failures: readonly string[]): DenicornError {
  return new DenicornError(
    "account",
    `no runtime directory can be reached by ${title}: tried ${
      failures.join(", ")
    }: set TMPDIR to a directory whose ` +
      "parents that user may enter",
  );
}
