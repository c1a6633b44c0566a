import {
  initialise,
  isScoreboard,
  scoreboardSize,
  slotBytes,
  SlotWriter,
} from "../core/telemetry/scoreboard.ts";
import type { System } from "../system/system.ts";

/** Where a worker keeps its figures. */
export interface Slot {
  readonly writer: SlotWriter;
  /** Why the master cannot read them from memory; then they are sent. */
  readonly notSharedReason: string | null;
  /** The figures as they are sent. */
  readonly bytes: Uint8Array;
}

/** The slot in the scoreboard at `path`, or one of its own where that cannot be had. */
export function openSlot({ memory, host }: System, path: string | null, number: number): Slot {
  if (path === null) return ownSlot("the master has no memory to share");
  try {
    const buffer = memory.map(path, host.uid ?? -1);
    if (!isScoreboard(buffer)) throw new Error(`${path} is no scoreboard of this version`);
    return {
      writer: new SlotWriter(buffer, number),
      notSharedReason: null,
      bytes: slotBytes(buffer, number),
    };
  } catch (error) {
    return ownSlot(error instanceof Error ? error.message : String(error));
  }
}

function ownSlot(notSharedReason: string): Slot {
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  return { writer: new SlotWriter(buffer, 0), notSharedReason, bytes: slotBytes(buffer, 0) };
}
