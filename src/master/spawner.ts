import { workerEnvironment } from "../protocol/messages.ts";
import { namedSettings } from "../settings/settings.ts";
import type { ChildProcess, System } from "../system/system.ts";
import type { Account } from "./account.ts";
import type { Generation } from "./generation.ts";
import type { Upkeep } from "./upkeep.ts";

export interface Spawner {
  /** Throws what the system says when a process cannot be started. */
  spawn(slot: number, generation: Generation, token: string): ChildProcess;
}

/** Starts workers: this same program again, with `--worker`. `linkPath` is where they report. */
export function createSpawner(system: System, linkPath: string, account: Account, upkeep: Upkeep): Spawner {
  const [command, ...prefix] = selfCommand(system);
  return {
    spawn(slot, generation, token) {
      upkeep.require();
      return system.processes.spawn({
        command,
        // What follows --worker is for readers of `ps` only.
        args: [
          ...prefix,
          "--worker",
          `worker=${slot}`,
          `gen=${generation.number}`,
          generation.settings.app ?? "",
        ],
        env: {
          ...withoutSecrets(system.host.environment()),
          ...Object.fromEntries(generation.settings.env),
          [workerEnvironment.link]: linkPath,
          [workerEnvironment.token]: token,
        },
        ...account,
      });
    },
  };
}

/** An app has no business with the tokens of the master. */
function withoutSecrets(environment: Readonly<Record<string, string>>): Record<string, string> {
  const secrets = new Set(namedSettings.filter(({ secret }) => secret).map(({ variable }) => variable));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secrets.has(name)));
}

/** The command that runs this program: the executable itself, or from source the same Deno with main.ts. */
export function selfCommand({ host }: System): [string, ...string[]] {
  if (host.standalone) return [host.execPath];
  const file = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
  const flags = ["run", "-A", "--quiet", "--cached-only", "--config", file("../../deno.json")];
  return [host.execPath, ...flags, file("../../main.ts")];
}
