import { type Check, type Finding, note, ok } from "../check.ts";

export const firstProcess: Check = {
  name: "pid-1",
  why:
    "For the first process of a container signals have no default action: Denicorn handles TERM, INT, QUIT and HUP " +
    "itself, so stopping the container is a graceful stop. The first process becomes the parent of orphans: Denicorn " +
    "reaps them, and ends what an app has started with its worker (--kill-group). When it ends, so does the container: " +
    "workers cannot finish their requests if the master is killed.",
  change:
    "Start it with an init: `docker run --init`, `init: true` in a compose file, or tini as the entry point.",
  lossWindow: "when the master is killed as PID 1 of a container: all requests of all workers",
  linuxOnly: true,
  onFailure: "note",
  run: ({ system }) => judgeProcessId(system.host.pid),
};

export function judgeProcessId(pid: number): Finding {
  return pid === 1
    ? note("this is PID 1: signals are handled and orphans are reaped")
    : ok(`this is process ${pid}, not PID 1`);
}
