/**
 * SIGHUP has two senders: an operator who wants a reload, and the kernel or the shell when the terminal closes in which
 * the server was started. After the second, a server in the foreground of that terminal stops as after Ctrl-C: nothing
 * shows its log any more, and a start in the next terminal would find its addresses in use.
 */

import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";

/** A shell can send a job to the background and back (ms). */
const checkInterval = 1_000;
/** The kernel sends the signal up to some microseconds before it takes the terminal away (ms). */
const closingTime = 50;

export class ControllingTerminal {
  readonly #system: Pick<System, "host" | "clock">;
  /** Whether SIGHUP had been given up before the start: by `nohup`. */
  readonly #isIgnored: boolean;
  #wasInForeground: boolean;
  readonly #stop: () => void;

  /** Call it before SIGHUP is handled. */
  constructor(system: Pick<System, "host" | "clock">) {
    const { host, clock } = system;
    this.#system = system;
    this.#isIgnored = host.ignoresHangup();
    const place = host.terminalPlace();
    this.#wasInForeground = place === "foreground";
    this.#stop = place === "none" ? () => {} : clock.every(checkInterval, () => this.#look());
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  /** After SIGHUP: whether the terminal has closed in whose foreground this process was. */
  async hasClosed(): Promise<boolean> {
    if (this.#isIgnored || !this.#wasInForeground) return false;
    const { host, clock } = this.#system;
    if (host.terminalPlace() !== "none") await sleep(clock, closingTime);
    return host.terminalPlace() === "none";
  }

  #look(): void {
    const place = this.#system.host.terminalPlace();
    // Without one it has closed, and the signal is on its way.
    if (place !== "none") this.#wasInForeground = place === "foreground";
  }
}
