/**
 * Before a server starts: its addresses must be free. With SO_REUSEPORT a worker would silently share an address with
 * another server of this user. The workers of a server whose master was killed leave their addresses at once and finish
 * their requests; only one whose event loop is blocked cannot.
 */

import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { workerEnvironment } from "../../protocol/messages.ts";
import { sleep } from "../../system/clock.ts";
import { formatAddress, toListenError } from "../../system/network/listen_error.ts";
import type { System, TcpAddress } from "../../system/system.ts";

/** A worker that outlives its master. */
interface Orphan {
  readonly pid: number;
  /** How long its event loop may be blocked before it is ended, in milliseconds; 0: for ever. */
  readonly blockingLimit: number;
}

/** How long a worker may take to leave its addresses (ms), beyond `drain-idle`, in which handshakes finish. */
const leavingTime = 2_500;
const pause = 20;

interface FreeAddressesOptions {
  readonly bind: readonly TcpAddress[];
  /** How long the workers of a killed server answer on connections at rest, in milliseconds. */
  readonly drainIdle: number;
}

/**
 * Waits for workers whose master is gone. No other server gets the addresses before the result is called, which is to be
 * done right before a worker listens. Throws DenicornError if an address is in use, or not available.
 */
export async function requireFree(
  system: System,
  logger: Logger,
  { bind, drainIdle }: FreeAddressesOptions,
): Promise<() => void> {
  const deadline = system.clock.monotonic() + leavingTime + drainIdle;
  for (const address of bind) await waitForOrphans(system, logger, address, deadline);
  const reserved: { readonly port: number; readonly leave: () => void }[] = [];
  const leave = () => reserved.splice(0).forEach((one) => one.leave());
  try {
    for (const address of bind) {
      const { port } = address;
      try {
        reserved.push({ port, leave: system.network.reserve(address) });
      } catch (error) {
        // Workers share what one of these addresses includes of another, as 0.0.0.0 does.
        if (!reserved.some((one) => one.port === port)) throw toListenError(error, address);
      }
    }
    return leave;
  } catch (error) {
    leave();
    throw error;
  }
}

async function waitForOrphans(
  system: System,
  logger: Logger,
  address: TcpAddress,
  deadline: number,
): Promise<void> {
  const { clock } = system;
  const failure = probe(system, address);
  if (failure === null) return;
  if (failure.code !== "bind-in-use") throw failure;
  const orphans = await orphansOn(system, address.port);
  // The last one may have left in the meantime.
  if (orphans.length === 0 && probe(system, address) !== null) throw failure;
  if (orphans.length > 0) {
    logger.info`waiting until ${named(orphans)} of a server that was killed leaves ${formatAddress(address)}`;
  }
  while (probe(system, address) !== null) {
    if (clock.monotonic() >= deadline) {
      throw blockedBy(await orphansOn(system, address.port), address) ?? failure;
    }
    await sleep(clock, pause);
  }
}

function probe({ network }: System, address: TcpAddress): DenicornError | null {
  try {
    network.probe(address);
    return null;
  } catch (error) {
    return toListenError(error, address);
  }
}

async function orphansOn({ network }: System, port: number): Promise<Orphan[]> {
  const found: Orphan[] = [];
  for (const { pid, environment } of network.listeningOn(port)) {
    const channel = environment[workerEnvironment.channel];
    if (channel === undefined || await network.answers(channel)) continue;
    found.push({ pid, blockingLimit: Number(environment[workerEnvironment.blockingLimit] ?? 0) });
  }
  return found;
}

/** `null` without orphans. */
function blockedBy(orphans: readonly Orphan[], address: TcpAddress): DenicornError | null {
  if (orphans.length === 0) return null;
  const limits = orphans.map(({ blockingLimit }) => blockingLimit);
  const pids = orphans.map(({ pid }) => pid).join(" ");
  const seconds = Math.ceil(Math.max(...limits) / 1000);
  const end = limits.includes(0)
    ? `timeout is 0, so nothing ends it: end it with kill -9 ${pids}`
    : `it is ended after timeout, within ${seconds} s: start again then, or end it with kill -9 ${pids}`;
  const at = formatAddress(address);
  return new DenicornError(
    "bind-in-use",
    `cannot listen: ${at} is in use by ${
      named(orphans)
    } of a server that was killed, whose event loop is blocked: ${end}`,
  );
}

function named(orphans: readonly Orphan[]): string {
  return orphans.map(({ pid }) => `worker process ${pid}`).join(" and ");
}
