/**
 * What a worker may say when. A message that is valid but out of turn would change what the master knows of other
 * workers: a worker that is ready without having been asked to listen stands at an unknown place in its group.
 */

import { isForOthers } from "./channel_messages.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export class Conversation {
  #isConfigured = false;
  #isLoaded = false;
  /** It was asked to listen, and has not answered yet. */
  #isAsked = false;
  #isListening = false;
  #hasListened = false;
  /** It was asked to finish, or has said that it does. */
  #isLeaving = false;
  #hasSaidDraining = false;
  #hasFailed = false;
  /** Questions about tasks that it has not answered yet. */
  #questions = 0;
  /** Questions what it does now. */
  #descriptions = 0;

  get isConfigured(): boolean {
    return this.#isConfigured;
  }

  /** The master sends `message`. */
  sent({ type }: ToWorker): void {
    if (type === "load") this.#isConfigured = true;
    if (type === "listen") this.#isAsked = true;
    if (type === "drain") this.#isLeaving = true;
    if (type === "task-request") this.#questions++;
    if (type === "describe") this.#descriptions++;
  }

  /** Takes note of `message`, or returns why it is out of turn. A message may have crossed one of the master. */
  objectionTo(message: FromWorker): string | null {
    // What the app had posted is written a moment later.
    const objection = this.#hasFailed && !isForOthers(message)
      ? "after it had failed"
      : this.#objectionTo(message);
    if (objection === null) this.#note(message);
    return objection === null ? null : `"${message.type}" ${objection}`;
  }

  #objectionTo(message: FromWorker): string | null {
    switch (message.type) {
      case "hello":
        return "for the second time";
      case "loaded":
        if (!this.#isConfigured) return "before it had its configuration";
        if (this.#isListening) return "while it listens";
        // One that has lost its listeners asks again and again.
        return this.#isLoaded && !this.#hasListened ? "for the second time" : null;
      case "ready":
        return this.#isAsked ? null : "without having been asked to listen";
      case "closed":
        return this.#hasListened || this.#isLeaving ? null : "before it listened";
      case "failed":
        return this.#hasListened ? "after it had listened" : null;
      case "draining":
        if (this.#hasSaidDraining) return "for the second time";
        return message.failure !== undefined && !this.#hasListened
          ? "with an error before it listened"
          : null;
      case "paused":
      case "channel-open":
      case "channel-close":
      case "channel-post":
      case "tasks-added":
      case "task-report":
      case "counters":
        return this.#isConfigured ? null : "before it had its configuration";
      case "task-answer":
        return this.#questions > 0 ? null : "without having been asked";
      case "thread-started":
      case "thread-ended":
        return "from one thread";
      case "hook-done":
        return "from a worker";
      case "description":
        return this.#descriptions > 0 ? null : "without having been asked";
    }
  }

  #note({ type }: FromWorker): void {
    switch (type) {
      case "loaded":
        this.#isLoaded = true;
        break;
      case "ready":
        this.#isAsked = false;
        this.#isListening = this.#hasListened = true;
        break;
      case "closed":
        this.#isAsked = this.#isListening = false;
        break;
      case "failed":
        this.#hasFailed = true;
        break;
      case "task-answer":
        this.#questions--;
        break;
      case "description":
        this.#descriptions--;
        break;
      case "draining":
        this.#isLeaving = this.#hasSaidDraining = true;
        break;
    }
  }
}
