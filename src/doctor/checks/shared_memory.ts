import type { System } from "../../system/system.ts";
import { type Check, type Finding, note, ok } from "../check.ts";
import { inPrivateDirectory } from "./runtime_directory.ts";

const place = "/dev/shm";
const size = 4096;

export const sharedMemory: Check = {
  name: "shared-memory",
  why:
    "Workers write their counters to memory that the master can read at any time, so that it notices at once when " +
    "an event loop is blocked. A file on a disk costs writes. Without shared memory, workers send their counters as " +
    "messages, and a blocked event loop is noticed late.",
  change: `Mount a tmpfs on ${place} that this user can write to; containers: \`--shm-size=64m\`.`,
  linuxOnly: true,
  onFailure: "note",
  async run({ system, runtimeParents }) {
    const refused = refusal(system, `${place}/denicorn-doctor-${system.host.secret()}`);
    if (refused === null) return judgeSharedMemory(null, null);
    const elsewhere = await inPrivateDirectory(
      system,
      runtimeParents,
      (path, parent) => refusal(system, `${path}/board`) === null ? parent : null,
    ).catch(() => null);
    return judgeSharedMemory(refused, elsewhere);
  },
};

/** `refused` is the reason why /dev/shm cannot be used; `elsewhere` is the directory that is used instead. */
export function judgeSharedMemory(refused: string | null, elsewhere: string | null): Finding {
  if (refused === null) return ok(`a file in ${place} can be mapped and shared`);
  return note(
    elsewhere === null
      ? `${refused}; nor in the runtime directory: workers send their counters as messages`
      : `${refused}; the runtime directory in ${elsewhere} is used instead`,
  );
}

/** Why memory cannot be shared by a file at `path`; `null` when it can. */
function refusal({ memory, files, host }: System, path: string): string | null {
  try {
    // Writes real bytes first: on a full file system, writing to the mapping would kill this process (SIGBUS).
    files.writeBytes(`${path}.full`, new Uint8Array(size), { mode: 0o600 });
    const made = new Float64Array(memory.create(path, size));
    const mapped = new Float64Array(memory.map(path, host.uid ?? 0));
    made[0] = 42;
    return mapped[0] === 42 ? null : `${path}: data written to one mapping is not in the other`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    files.remove(`${path}.full`);
    files.remove(path);
  }
}
