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

export class ConfigGuard {
  readonly #system: System;
  /** Of the workers, as far as it is known: perhaps only the config file names their user. */
  #account: Credentials | undefined;

  constructor(system: System) {
    this.#system = system;
  }

  /**
   * To call before anything of the file at `path` is read; `settings` are without those in it. Returns what says why root
   * must not run a file, `null` if it may; `undefined` if nothing has to be checked. Throws DenicornError `config-file`.
   */
  before(path: string, settings: Settings): ((path: string) => string | null) | undefined {
    if (this.#system.host.uid !== 0) return undefined;
    if (settings.user !== undefined || settings.group !== undefined) {
      this.#account = resolveCredentials(this.#system, settings);
    }
    const account = this.#account;
    if (account === undefined || !isOtherUser(this.#system, account)) return undefined;
    const refuse = (path: string) => this.#reason(path, account);
    const reason = refuse(path);
    if (reason === null) return refuse;
    throw new DenicornError("config-file", `cannot load the config file: ${path}: ${reason}`);
  }

  /** False if the file has to be read again, because the settings in it name another user than the one checked for. */
  hasCheckedFor(settings: Settings): boolean {
    if (this.#system.host.uid !== 0) return true;
    const before = this.#account;
    const account = this.#account = resolveCredentials(this.#system, settings);
    return !isOtherUser(this.#system, account) || before?.title === account.title;
  }

  #reason(path: string, account: Credentials): string | null {
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
