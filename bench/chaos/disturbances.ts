/** What is done to the server, as a table. Each says what it may cost; most may cost nothing. */

import { pause } from "../loss/client/load.ts";
import { cut, gone, type Incident, moment, refused } from "./attribution.ts";
import { openFilesOf, portsOf } from "./sockets.ts";
import type { Supervised } from "./supervised.ts";

export interface Ground {
  readonly server: Supervised;
  /** In [0, 1), from the seed of the run. */
  readonly random: () => number;
  /** The usual number of workers. */
  readonly workers: number;
  /** The setting `timeout`, in milliseconds. */
  readonly timeout: number;
}

export interface Disturbance {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  /** It begins when the server serves with all workers, because it takes one or all of them away. */
  readonly isAlone?: boolean;
  /** Resolves when its effect on clients is over, or for operations that may overlap, when they have begun. */
  readonly run: (ground: Ground) => Promise<Incident | undefined>;
}

const signals: readonly [Deno.Signal, number][] = [["SIGHUP", 3], ["SIGUSR1", 2], ["SIGUSR2", 2]];

export const disturbances: readonly Disturbance[] = [
  ...signals.map(([signal, weight]): Disturbance => ({
    name: signal.slice(3),
    weight,
    run: async ({ server }) => void await server.signal(signal),
  })),
  {
    name: "TTIN or TTOU",
    weight: 3,
    async run({ server, workers }) {
      const target = (await server.status())?.target;
      if (target !== undefined) server.signal(target > workers ? "SIGTTOU" : "SIGTTIN");
      return undefined;
    },
  },
  {
    name: "kill -9 of a worker",
    weight: 4,
    isAlone: true,
    async run(ground) {
      const pid = await aWorker(ground);
      if (pid === undefined) return undefined;
      const from = Date.now();
      // Stopped first, so that the connections it has accepted do not change between the look and the kill.
      Deno.kill(pid, "SIGSTOP");
      const ports = portsOf(pid, ground.server.port);
      Deno.kill(pid, "SIGKILL");
      return { what: `worker ${pid} killed`, from, until: Date.now() + moment, ports, kinds: cut };
    },
  },
  {
    name: "kill -9 of the master",
    weight: 1,
    isAlone: true,
    run: ({ server }) => killMaster(server),
  },
  {
    name: "kill -9 of the master during an upgrade",
    weight: 1,
    isAlone: true,
    async run({ server, random }) {
      server.signal("SIGUSR2");
      await pause(random() * 500);
      return await killMaster(server);
    },
  },
  {
    name: "STOP and CONT of a worker",
    weight: 3,
    async run(ground) {
      const pid = await aWorker(ground);
      if (pid !== undefined) await stopAndContinue(pid, 100 + ground.random() * 0.5 * ground.timeout);
      return undefined;
    },
  },
  {
    name: "STOP of a worker for good",
    weight: 1,
    isAlone: true,
    async run(ground) {
      const { server } = ground;
      const pid = await aWorker(ground);
      if (pid === undefined) return undefined;
      const from = Date.now();
      Deno.kill(pid, "SIGSTOP");
      const ports = portsOf(pid, server.port);
      const until = Date.now() + moment;
      const portsUntil = from + steeringTime;
      await server.processes.until(`the end of stopped worker ${pid}`, () => {
        if (Date.now() < portsUntil) portsOf(pid, server.port).forEach((port) => ports.add(port));
        return !exists(pid);
      });
      const what = `stopped worker ${pid} killed by the master`;
      return { what, from, until, ports, portsUntil, kinds: cut };
    },
  },
  {
    name: "STOP and CONT of the master",
    weight: 2,
    async run({ server, random }) {
      const { master } = server;
      if (master !== undefined) await stopAndContinue(master, 100 + random() * 1_500);
      return undefined;
    },
  },
  {
    name: "WINCH and back",
    weight: 1,
    isAlone: true,
    async run({ server }) {
      const from = Date.now();
      server.signal("SIGWINCH");
      await server.processes.until("a server without workers", async () => {
        const status = await server.status();
        return status !== undefined && status.workers.length === 0;
      });
      server.signal("SIGHUP");
      await server.settled();
      return {
        what: "no workers after WINCH",
        from,
        until: Date.now() + moment,
        ports: undefined,
        kinds: refused,
      };
    },
  },
  {
    name: "a worker without file descriptors",
    weight: 2,
    async run(ground) {
      const pid = await aWorker(ground);
      if (pid !== undefined) await withFewFiles(pid, ground, { spare: 24, silent: 120 });
      return undefined;
    },
  },
  {
    name: "a master without file descriptors",
    weight: 2,
    async run(ground) {
      const { master } = ground.server;
      if (master === undefined) return undefined;
      const meanwhile = () => ground.server.signal("SIGHUP");
      await withFewFiles(master, ground, { spare: 3, silent: 0, meanwhile });
      return undefined;
    },
  },
  {
    name: "a worker that grows",
    weight: 2,
    async run({ server }) {
      // More than `max-memory` in one of the workers, whichever gets the requests.
      using client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
      for (let request = 0; request < 6; request++) {
        try {
          await (await fetch(`http://127.0.0.1:${server.port}/grow`, { client })).text();
        } catch {
          // The server may be gone at the moment. The load counts what is lost.
        }
      }
      return undefined;
    },
  },
];

/** Milliseconds until a busy machine's master has seen that a worker is stopped, and steers around it. */
const steeringTime = 1_000;

/** Chooses one by weight. `random` is in [0, 1). */
export function choose(from: readonly Disturbance[], random: number): Disturbance {
  let rest = random * from.reduce((sum, { weight }) => sum + weight, 0);
  return from.find(({ weight }) => (rest -= weight) < 0) ?? from[0]!;
}

/**
 * Kills the master, starts the server again when no master is left, and waits until it serves. In an upgrade it can be
 * the old one or the new one that is killed.
 */
async function killMaster(server: Supervised): Promise<Incident | undefined> {
  const pid = server.master;
  if (pid === undefined) return undefined;
  const from = Date.now();
  Deno.kill(pid, "SIGKILL");
  await server.processes.until("the end of the master", () => !exists(pid));
  await server.settled({ startsAgain: true });
  return { what: `master ${pid} killed`, from, until: Date.now() + moment, ports: undefined, kinds: gone };
}

async function aWorker({ server, random }: Ground): Promise<number | undefined> {
  const ready = (await server.status())?.workers.filter(({ state }) => state === "ready") ?? [];
  return ready[Math.floor(random() * ready.length)]?.pid;
}

async function stopAndContinue(pid: number, ms: number): Promise<void> {
  if (!send(pid, "SIGSTOP")) return;
  await pause(ms);
  send(pid, "SIGCONT");
}

/**
 * Leaves a process few descriptors for a second, while silent clients connect. A worker keeps 16 free, and looks every
 * 50 ms, so it gets a little more than that, and the clients come one after the other.
 */
async function withFewFiles(
  pid: number,
  { server }: Ground,
  { spare, silent, meanwhile = () => {} }: { spare: number; silent: number; meanwhile?: () => void },
): Promise<void> {
  const limit = (files: number) =>
    new Deno.Command("prlimit", { args: ["--pid", `${pid}`, `--nofile=${files}:`], stderr: "null" }).output();
  const usual = limitOf(pid);
  // It is the lowered limit if this happens twice at the same time.
  if (usual === undefined || usual < 256) return;
  await limit(openFilesOf(pid) + spare);
  meanwhile();
  const clients: Promise<Deno.TcpConn>[] = [];
  for (let count = 0; count < silent; count++) {
    clients.push(Deno.connect({ hostname: "127.0.0.1", port: server.port }));
    await pause(1_000 / silent);
  }
  await pause(silent === 0 ? 1_000 : 0);
  for (const result of await Promise.allSettled(clients)) {
    if (result.status === "fulfilled") result.value.close();
  }
  await limit(usual);
}

/** The soft limit of open files. */
function limitOf(pid: number): number | undefined {
  try {
    return Number(Deno.readTextFileSync(`/proc/${pid}/limits`).match(/^Max open files\s+(\d+)/m)?.[1]);
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch {
    // It has ended.
    return false;
  }
}

function exists(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
