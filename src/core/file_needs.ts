/** How many files a process of Denicorn has open. Measured in /proc/PID/fd, with some to spare. */

/** Without connections, a worker has 20 open, and a master 21 besides those for its workers. */
export const filesPerProcess = 32;

/** What a master has open for a worker besides its listeners: its channel, its process, its fd inbox. */
const filesPerWorker = 3;

/** A master has a copy of each listener of each worker. */
export function filesOfMaster({ workers, addresses }: { workers: number; addresses: number }): number {
  return filesPerProcess + workers * (filesPerWorker + addresses);
}
