/** What the charts of the dashboard show of the time before a page was opened. */

import { type History, Timeline } from "../../control/page/timeline.ts";
import type { System } from "../../system/system.ts";
import { ownStatusOf, type StatusSource } from "./status.ts";

/** Takes a sample per second from when `isMain` resolves until `close`. */
export class HistoryKeeper {
  readonly #timeline = new Timeline();
  #isClosed = false;
  #stop: () => void = () => {};

  constructor(source: StatusSource, system: System, isMain: Promise<void>) {
    const add = () => this.#timeline.add(ownStatusOf(source, system));
    void isMain.then(() => {
      if (!this.#isClosed) this.#stop = system.clock.every(1_000, add);
    });
  }

  get history(): History {
    return this.#timeline.history;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }
}
