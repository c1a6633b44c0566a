import type { System } from "../system/system.ts";
import { type Check, type Finding, note, ok } from "./check.ts";
import { inPrivateDirectory } from "./runtime_directory.ts";

const place = "/dev/shm";
const size = 4096;

export const sharedMemory: Check = {
  name: "shared-memory",
  why:
    "Workers keep their figures in memory that the master reads at any time, so that it sees at once which one is " +
    "held up. A file on a disk costs writes. Without any, figures come over the link, and such a worker is noticed " +
    "late.",
  change: `Mount a tmpfs on ${place} that this user may write to; containers: \`--shm-size=64m\`.`,
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

/** `refused` says why not in /dev/shm; `elsewhere` is the directory that serves instead. */
export function judgeSharedMemory(refused: string | null, elsewhere: string | null): Finding {
  if (refused === null) return ok(`a file in ${place} is mapped, and what one writes the other reads`);
  return note(
    elsewhere === null
      ? `${refused}; nor in the runtime directory: figures go over the link`
      : `${refused}; the runtime directory in ${elsewhere} serves instead`,
  );
}

/** Why no memory can be shared by a file at `path`; `null` when it can. */
function refusal({ memory, files, host }: System, path: string): string | null {
  try {
    // Real bytes first: on a full file system, touching the mapping would be the end of this process (SIGBUS).
    files.writeBytes(`${path}.full`, new Uint8Array(size), { mode: 0o600 });
    const made = new Float64Array(memory.create(path, size));
    const mapped = new Float64Array(memory.map(path, host.uid ?? 0));
    made[0] = 42;
    return mapped[0] === 42 ? null : `${path}: what is written there is not read there`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    files.remove(`${path}.full`);
    files.remove(path);
  }
}
