import { canExecute, changeOwnerOfEntry } from "../libc.ts";
import { openLockFile } from "./lock_file.ts";
import { openLogSink } from "./log_sink.ts";
import { memoryProgram } from "../processes/memory_program.ts";
import { writableOnWay } from "./path_writers.ts";
import { readAt } from "./read_at.ts";
import { fixPath } from "./safe_path.ts";
import { watchDirectories } from "./watched_directories.ts";
import { readSmall } from "./small_file.ts";
import type { FileInfo, Files } from "../system.ts";

export const files: Files = {
  readTextSync: (path) => Deno.readTextFileSync(regular(path)),
  readSmall: (path, limit) => readSmall(path, limit),
  readBytesSync: (path) => Deno.readFileSync(regular(path)),
  readRange(path, offset, length) {
    using file = Deno.openSync(path);
    return readAt(file, offset, length);
  },
  writeText: (path, text, options = {}) => Deno.writeTextFileSync(path, text, options),
  writeBytes: (path, bytes, options = {}) => Deno.writeFileSync(path, bytes, options),
  stat: (path) => orNull(() => info(Deno.statSync(path))),
  lstat: (path) => orNull(() => info(Deno.lstatSync(path))),
  realPath: (path) => Deno.realPathSync(path),
  isSame(path, other) {
    const [one, two] = [path, other].map((path) => orNull(() => Deno.statSync(path)));
    return one != null && two != null && one.ino !== null && one.ino === two.ino && one.dev === two.dev;
  },
  list: (path) => Array.from(Deno.readDirSync(path), (entry) => entry.name),
  entries: (path) => Array.from(Deno.readDirSync(path)),
  rename: (from, to) => Deno.renameSync(from, to),
  link: (path, target) => Deno.symlinkSync(target, path),
  makeDirectory: (path, mode) => Deno.mkdirSync(path, { recursive: true, mode }),
  makePrivateDirectory: (parent, prefix) => Deno.makeTempDirSync({ dir: parent, prefix }),
  remove(path) {
    orNull(() => Deno.removeSync(path, { recursive: true }));
  },
  changeOwner: changeOwnerOfEntry,
  changeMode: (path, mode) => Deno.chmodSync(path, mode),
  openLog: openLogSink,
  fixPath,
  writableOnWay,
  lockFile: openLockFile,
  hold(path) {
    const file = Deno.openSync(path);
    return {
      read() {
        file.seekSync(0, Deno.SeekMode.Start);
        const bytes = new Uint8Array(file.statSync().size);
        for (let filled = 0; filled < bytes.length;) filled += file.readSync(bytes.subarray(filled)) ?? 0;
        return bytes;
      },
      close: () => file.close(),
    };
  },
  watch: watchDirectories,
  touch(path) {
    const now = new Date();
    orNull(() => Deno.utimeSync(path, now, now));
  },
  isExecutable: canExecute,
  memoryProgram,
};

/** Opening a FIFO would block this process until it is written to, and reading a device may never end. */
function regular(path: string): string {
  const found = Deno.statSync(path);
  if (found.isFile || found.isDirectory) return path;
  throw new Error(`it is not a regular file: ${path}`);
}

function info(found: Deno.FileInfo): FileInfo {
  const { isFile, isDirectory, isSymlink, isSocket, size, uid, mode, ino, mtime } = found;
  return {
    ...{ isFile, isDirectory, isSymlink, size, uid, mode },
    isSocket: isSocket ?? false,
    inode: ino ?? 0,
    modifiedAt: mtime?.getTime() ?? 0,
  };
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    // ENOTDIR: a parent of the path is a file, so there can be nothing at the path either.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
