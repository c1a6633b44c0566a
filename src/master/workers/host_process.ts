/** The process of a thread host, and what only this process shares with its master. */

import type { ChildProcess, FdPair, System } from "../../system/system.ts";

export interface HostProcess {
  readonly process: ChildProcess;
  /** The process identifies itself with it. */
  readonly token: string;
  /** One for each place of a thread; none if the master does not want copies of listening sockets. */
  readonly pairs: readonly FdPair[];
}

interface HostOptions {
  /** How many threads it has when all run. */
  readonly threads: number;
  /** Whether the master wants copies of listening sockets. */
  readonly isSteering: boolean;
  /** Starts a process, which gets the token and inherits the descriptors. Throws the error of the system. */
  readonly start: (token: string, inherited: readonly number[]) => ChildProcess;
}

/** A worker that is replaced keeps its place until the new one is ready. */
export function placesFor(threads: number): number {
  return 2 * threads;
}

/** Throws the error of the system if the process cannot be started. */
export function openHostProcess(system: System, { threads, isSteering, start }: HostOptions): HostProcess {
  const token = system.host.secret();
  const pairs: FdPair[] = [];
  try {
    while (isSteering && pairs.length < placesFor(threads)) pairs.push(system.descriptors.pair());
    return { process: start(token, pairs.map(({ descriptor }) => descriptor)), token, pairs };
  } catch (error) {
    pairs.forEach(({ inbox }) => inbox.close());
    throw error;
  } finally {
    pairs.forEach(({ descriptor }) => system.sockets.close(descriptor));
  }
}
