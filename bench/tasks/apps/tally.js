/** What the tasks of one process have measured: how many have ended, when, and how long after they were added they began. */

import { appendFileSync } from "node:fs";
import process from "node:process";

/** Milliseconds between two lines. */
const interval = 20;

/** Milliseconds since 1970, in all processes of a machine. */
export const now = () => performance.timeOrigin + performance.now();

export class Tally {
  #file;
  #count = 0;
  #first = Infinity;
  #last = 0;
  #waits = [];
  #willWrite = false;

  constructor(file) {
    this.#file = file;
  }

  /** A task does what its payload says: it waits, and tells how long ago it was added. */
  async run({ wait, sent }) {
    const begun = now();
    if (begun < this.#first) this.#first = begun;
    if (sent !== undefined) this.#waits.push(begun - sent);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.#last = now();
    this.#count++;
    if (this.#willWrite) return;
    this.#willWrite = true;
    setTimeout(() => this.#write(), interval);
  }

  #write() {
    const line = {
      pid: process.pid,
      count: this.#count,
      first: this.#first,
      last: this.#last,
      waits: this.#waits,
    };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#willWrite = false;
    this.#count = 0;
    this.#first = Infinity;
    this.#waits = [];
  }
}

/** How tasks are added: `count` of them, up to `together` at a time. Returns the milliseconds that it took. */
export async function addAll({ count, together, wait, isTimed }, add) {
  const began = now();
  for (let left = count; left > 0; left -= together) {
    await Promise.all(
      Array.from({ length: Math.min(left, together) }, () => add(isTimed ? { wait, sent: now() } : { wait })),
    );
  }
  return now() - began;
}
