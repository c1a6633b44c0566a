/** How large the heap of each worker may be, so that all processes of the server fit into the memory there is. */

const megabyte = 1024 ** 2;

/** What is left to the kernel, for sockets, pages of files and tables: a tenth. */
const usableShare = 0.9;

/** The master has 35 to 38 MB of private memory; it also bundles the app. */
const masterMemory = 64 * megabyte;

/**
 * What a worker uses besides the heap of its app. With the smallest app it has 20 to 43 MB of private memory, of which
 * 10 MB are heap; the rest of this is for buffers, which V8 does not count as heap.
 */
const workerBase = 48 * megabyte;

/** With less a worker of some apps cannot boot. */
export const leastHeap = 64 * megabyte;

/** The limit that the runtime has by itself, on machines with 16 GB and more. */
const runtimeLimit = 4096 * megabyte;

interface Room {
  /** Bytes for all processes of the server. */
  readonly memory: number;
  /** The largest number of workers, spares and task workers included; at least 1. */
  readonly workers: number;
  /** Additional workers during a reload: what they need to boot counts, but not a full heap, as they are new. */
  readonly surge: number;
}

interface HeapShare {
  /** Bytes, in whole megabytes; `null` if the limit of the runtime is lower. */
  readonly limit: number | null;
  /** False if there is less memory than so many workers need: then the limit does not keep them within it. */
  readonly fits: boolean;
}

/** `(0.9 × memory − 64 MB − (workers + surge) × 48 MB) / workers`, at least 64 MB. */
export function shareOfHeap({ memory, workers, surge }: Room): HeapShare {
  const forHeaps = memory * usableShare - masterMemory - (workers + surge) * workerBase;
  const share = Math.floor(forHeaps / workers / megabyte) * megabyte;
  if (share >= runtimeLimit) return { limit: null, fits: true };
  return { limit: Math.max(leastHeap, share), fits: share >= leastHeap };
}
