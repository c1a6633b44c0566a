import {
  initialise,
  isScoreboard,
  scoreboardSize,
  slotBytes,
  SlotWriter,
} from "../core/telemetry/scoreboard.ts";
import type { System } from "../system/system.ts";

/** Where a worker counts. */
export interface Slot {
  readonly writer: SlotWriter;
  /** Why the master cannot read the counters from memory; then they are sent. `null` if it can. */
  readonly notSharedReason: string | null;
  /** The counters as they are sent. */
  readonly bytes: Uint8Array;
}

/**
 * The slot in the scoreboard that was inherited as `descriptor`, or one in private memory if there is no scoreboard or
 * it cannot be mapped.
 */
export function openSlot({ memory }: System, descriptor: number | null, number: number): Slot {
  if (descriptor === null) return privateSlot("the master has no memory to share");
  try {
    const buffer = memory.adopt(descriptor);
    if (!isScoreboard(buffer)) throw new Error("what the master shares is not a scoreboard of this version");
    return {
      writer: new SlotWriter(buffer, number),
      notSharedReason: null,
      bytes: slotBytes(buffer, number),
    };
  } catch (error) {
    return privateSlot(error instanceof Error ? error.message : String(error));
  }
}

function privateSlot(notSharedReason: string): Slot {
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  return { writer: new SlotWriter(buffer, 0), notSharedReason, bytes: slotBytes(buffer, 0) };
}
