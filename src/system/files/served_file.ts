/** An open file that is sent to a client: as a whole, or as a stream that holds no more of it than the client takes. */

import { lastError, libc } from "../libc.ts";
import type { OpenFile } from "./files.ts";
import { readAt } from "./read_at.ts";

// statx(2): the same structure on all architectures
const AT_EMPTY_PATH = 0x1000;
const STATX_TYPE = 0x1;
const STATX_MTIME = 0x40;
const STATX_SIZE = 0x200;
const offsets = { mode: 28, size: 40, seconds: 112, nanoseconds: 120 } as const;

const typeMask = 0o170000;
const regularFile = 0o100000;
const directoryFile = 0o040000;

const noName = new Uint8Array(1);
const facts = new Uint8Array(256);
const view = new DataView(facts.buffer);

/** Takes over an open descriptor: `null` for what is neither a file nor a directory. Only a file stays open. */
export function fromDescriptor(descriptor: number): OpenFile | "directory" | null {
  const wanted = STATX_TYPE | STATX_MTIME | STATX_SIZE;
  const isKnown = libc().statx(descriptor, noName, AT_EMPTY_PATH, wanted, facts) === 0;
  const type = isKnown ? view.getUint16(offsets.mode, true) & typeMask : 0;
  if (type !== regularFile) {
    libc().close(descriptor);
    return type === directoryFile ? "directory" : null;
  }
  const seconds = Number(view.getBigInt64(offsets.seconds, true));
  const nanoseconds = view.getUint32(offsets.nanoseconds, true);
  return new DescriptorFile(
    descriptor,
    Number(view.getBigUint64(offsets.size, true)),
    seconds * 1_000 + Math.floor(nanoseconds / 1_000_000),
  );
}

class DescriptorFile implements OpenFile {
  readonly #descriptor: number;
  readonly size: number;
  readonly modifiedAt: number;

  constructor(descriptor: number, size: number, modifiedAt: number) {
    this.#descriptor = descriptor;
    this.size = size;
    this.modifiedAt = modifiedAt;
  }

  take(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    try {
      for (let filled = 0; filled < length;) {
        const rest = filled === 0 ? bytes : bytes.subarray(filled);
        const count = Number(
          libc().pread(this.#descriptor, rest, BigInt(length - filled), BigInt(offset + filled)),
        );
        if (count < 0) throw lastError("read");
        if (count === 0) return bytes.slice(0, filled);
        filled += count;
      }
      return bytes;
    } finally {
      this.close();
    }
  }

  stream(offset: number, length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    try {
      return streamOf(Deno.openSync(`/proc/self/fd/${this.#descriptor}`), offset, length);
    } finally {
      this.close();
    }
  }

  close(): void {
    libc().close(this.#descriptor);
  }
}

/** Takes over a file of the runtime. */
export function fromRuntime(file: Deno.FsFile, { size, mtime }: Deno.FileInfo): OpenFile {
  return {
    size,
    modifiedAt: mtime?.getTime() ?? 0,
    take(offset, length) {
      try {
        return readAt(file, offset, length);
      } finally {
        file.close();
      }
    },
    stream: (offset, length) => streamOf(file, offset, length),
    close: () => file.close(),
  };
}

/** Bytes that are read for a client at a time. */
const chunk = 128 * 1024;

function streamOf(
  file: Deno.FsFile,
  offset: number,
  length: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  file.seekSync(offset, Deno.SeekMode.Start);
  let left = length;
  return new ReadableStream({
    async pull(controller) {
      const bytes = new Uint8Array(Math.min(chunk, left));
      const count = await inTurn(() => file.read(bytes)).catch((error) => {
        file.close();
        throw error;
      });
      if (count === null) {
        file.close();
        throw new Error("a file became shorter while it was sent");
      }
      left -= count;
      controller.enqueue(count === bytes.length ? bytes : bytes.subarray(0, count));
      if (left > 0) return;
      controller.close();
      file.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}

/**
 * Each read takes a thread of the runtime while it waits for the disk. It starts up to 512 of them, and where no thread can
 * be started, as at the limit of tasks of a container, the process ends.
 */
const mostReads = 4;
let reads = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  if (reads >= mostReads) await new Promise<void>((resolve) => waiting.push(resolve));
  else reads++;
  try {
    return await read();
  } finally {
    const next = waiting.shift();
    if (next === undefined) reads--;
    else next();
  }
}
