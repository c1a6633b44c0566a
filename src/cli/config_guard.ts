/**
 * A config file is run with the rights of the master, and says as which user workers run. So a master that runs as root
 * refuses one that the workers' user could have written, and what it imports, like `StrictModes` of OpenSSH. If the
 * workers run as root, too, as in most containers, the app could do anyway what its config file can.
 */

import { type Credentials, isOtherUser, resolveCredentials } from "../account/credentials.ts";
import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import type { Settings } from "../settings/settings.ts";
import type { System } from "../system/system.ts";

interface ConfigCheck {
  /** Why root must not run the file; `null` if it may. */
  refuse(path: string): string | null;
  /** To call when the settings in the file are known. Throws DenicornError `config-file`. */
  after(settings: Settings): void;
}

export class ConfigGuard {
  readonly #system: System;
  /** The user that the last accepted settings named, perhaps only in the config file. */
  #served: Credentials | undefined;

  constructor(system: System) {
    this.#system = system;
  }

  /**
   * To call before anything of the file at `path` is read; `settings` are without those in it. Returns `undefined` if
   * nothing has to be checked. Throws DenicornError `config-file`.
   */
  before(path: string, settings: Settings): ConfigCheck | undefined {
    if (this.#system.host.uid !== 0) return undefined;
    const isUserGiven = settings.user !== undefined || settings.group !== undefined;
    const account = isUserGiven ? resolveCredentials(this.#system, settings) : this.#served;
    const read = new Set([path]);
    const refuse = (path: string) => {
      read.add(path);
      return this.#reason(path, account);
    };
    require(path, refuse(path));
    return {
      refuse,
      after: (settings) => {
        const account = resolveCredentials(this.#system, settings);
        for (const path of read) require(path, this.#reason(path, account));
        this.#served = account;
      },
    };
  }

  #reason(path: string, account: Credentials | undefined): string | null {
    if (account === undefined || !isOtherUser(this.#system, account)) return null;
    let writable;
    try {
      writable = this.#system.files.writableOnWay(path, account);
    } catch (error) {
      return `root would run it, and it is not known who can write to it: ${reasonOf(error)}`;
    }
    if (writable === null) return null;
    return `root would run it, and ${account.title} of the workers can write to ${writable}: run \`chown root:root\` and ` +
      `\`chmod go-w\` on ${writable}, or keep the file elsewhere and name it with --config`;
  }
}

function require(path: string, reason: string | null): void {
  if (reason !== null) {
    throw new DenicornError("config-file", `cannot load the config file: ${path}: ${reason}`);
  }
}
