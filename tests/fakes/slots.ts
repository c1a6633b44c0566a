import {
  initialise,
  readSlot,
  scoreboardSize,
  slotBytes,
  SlotWriter,
} from "../../src/core/telemetry/scoreboard.ts";
import type { Clock, FetchHandler } from "../../src/system/system.ts";
import { Answers } from "../../src/worker/http/answers.ts";
import { Requests } from "../../src/worker/http/requests.ts";

/** A slot in a scoreboard of its own. */
export function privateSlot() {
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  return {
    writer: new SlotWriter(buffer, 0),
    bytes: slotBytes(buffer, 0),
    read: () => readSlot(buffer, 0),
  };
}

/** Requests that are counted in a slot that no test reads. */
export function uncountedRequests(clock: Clock): Requests {
  return new Requests(privateSlot().writer, clock);
}

/** `fetch` with its requests counted; what is wrong with an answer is not logged. */
export function counted(requests: Requests, fetch: FetchHandler): FetchHandler {
  return new Answers(requests, { onFault: () => {} }).count(fetch);
}
