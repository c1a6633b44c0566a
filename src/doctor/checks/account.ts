import { listenAddresses } from "../../settings/listen_addresses.ts";
import { type Credentials, isOtherUser, resolveCredentials } from "../../account/credentials.ts";
import { requireListening, tryAccount } from "../../account/trial.ts";
import { buildAppAs } from "../../app/build/build_as.ts";
import { bindAddress } from "../../settings/kinds/address.ts";
import { type Check, type Finding, ok, problem, type Subject } from "../check.ts";
import { inPrivateDirectory } from "./runtime_directory.ts";

export const account: Check = {
  name: "account",
  why:
    "With --user, workers and what bundles the app run as that user: it must be able to run Denicorn, to reach the " +
    "runtime directory, and to listen on the ports.",
  change:
    "Let that user read Denicorn and enter the working directory; set TMPDIR to a directory whose parents it may " +
    "enter; for ports below 1024 the master needs CAP_NET_BIND_SERVICE.",
  onFailure: "problem",
  async run({ system, settings, runtimeParents }) {
    const credentials = resolveCredentials(system, settings);
    if (!isOtherUser(system, credentials)) return ok("workers run as the user of the master");
    const failures: string[] = [];
    for (const parent of runtimeParents) {
      const found = await inPrivateDirectory(
        system,
        [parent],
        (path) => tryIn({ system, settings }, credentials, path),
      );
      if (typeof found !== "string") return found;
      failures.push(`${parent} (${found})`);
    }
    return problem(`${credentials.title} cannot reach a runtime directory in ${failures.join(", ")}`);
  },
};

/** Why the user cannot reach the directory at `path`, or what else was found. */
async function tryIn(
  { system, settings }: Pick<Subject, "system" | "settings">,
  credentials: Credentials,
  path: string,
): Promise<Finding | string> {
  const { files, network } = system;
  const socket = `${path}/channel.sock`;
  const app = `${path}/main.ts`;
  const listener = network.listenUnix(socket);
  try {
    files.writeText(app, "export default () => {};\n", { mode: 0o644 });
    files.changeMode(path, 0o711);
    files.changeMode(socket, 0o666);
    const report = await tryAccount(system, credentials, { socket, listen: listenAddresses(settings) });
    if (report.unreachable !== null) return report.unreachable;
    requireListening(system, credentials, report);
    await buildAppAs(
      system,
      { app, workingDirectory: path, runtimeDirectory: path, external: [], cache: false },
      credentials,
    );
    return ok(
      `${credentials.title} can bundle an app, reach ${path.slice(0, path.lastIndexOf("/"))} and listen on ` +
        settings.bind.map(bindAddress.show).join(", "),
    );
  } finally {
    listener.close();
  }
}
