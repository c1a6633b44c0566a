import { initialise, scoreboardSize, SlotWriter } from "../../src/core/telemetry/scoreboard.ts";

/** A slot in a scoreboard of its own. */
export function lonelySlot(): SlotWriter {
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  return new SlotWriter(buffer, 0);
}
