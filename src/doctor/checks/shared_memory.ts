import type { SharedBlock, System } from "../../system/system.ts";
import { type Check, type Finding, note, ok } from "../check.ts";
import { inPrivateDirectory } from "./runtime_directory.ts";

const place = "/dev/shm";
const size = 4096;

export const sharedMemory: Check = {
  name: "shared-memory",
  why:
    "Workers write their counters to memory that the master can read at any time, so that it notices at once when " +
    "an event loop is blocked. The kernel makes sure that no program can shrink it, which would kill the server. A " +
    "file without a name, in its place, can be shrunk by a program that gets hold of its descriptor. Without shared " +
    "memory, workers send their counters as messages, and a blocked event loop is noticed late.",
  change:
    `Allow \`memfd_create\` (a seccomp profile may forbid it); or mount a tmpfs on ${place} that this user can write ` +
    "to; containers: `--shm-size=64m`.",
  linuxOnly: true,
  onFailure: "note",
  async run({ system, runtimeParents }) {
    const refused = refusal(system, (memory) => memory.createSealed(size));
    if (refused === null) return judgeSharedMemory(null, null);
    if (refusal(system, (memory) => memory.createUnnamed(place, size)) === null) {
      return judgeSharedMemory(refused, place);
    }
    const elsewhere = await inPrivateDirectory(
      system,
      runtimeParents,
      (path, parent) =>
        refusal(system, (memory) => memory.createUnnamed(path, size)) === null
          ? `the runtime directory in ${parent}`
          : null,
    ).catch(() => null);
    return judgeSharedMemory(refused, elsewhere);
  },
};

/** `refused` is the reason why memory cannot be sealed; `elsewhere` is the place of the file that is used instead. */
export function judgeSharedMemory(refused: string | null, elsewhere: string | null): Finding {
  if (refused === null) return ok("memory that no process can shrink can be mapped and shared");
  return note(
    elsewhere === null
      ? `${refused}; no file can be shared either: workers send their counters as messages`
      : `${refused}; a file without a name in ${elsewhere} is used instead`,
  );
}

/** Why two mappings of the memory that `create` makes do not share it; `null` when they do. */
function refusal({ memory }: System, create: (memory: System["memory"]) => SharedBlock): string | null {
  try {
    const { buffer, descriptor } = create(memory);
    const made = new Float64Array(buffer);
    const mapped = new Float64Array(memory.adopt(descriptor));
    made[0] = 42;
    return mapped[0] === 42 ? null : "data written to one mapping is not in the other";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
