import { type Check, type Finding, note, ok } from "../check.ts";

export const queue: Check = {
  name: "accept-queue",
  why: "Up to `backlog` connections wait until a worker accepts them. The kernel silently reduces that to " +
    "net.core.somaxconn; when the queue is full, clients retry after a second, then after longer times.",
  change: "`sysctl -w net.core.somaxconn=4096`, and a file in /etc/sysctl.d/ to keep it; containers: " +
    "`--sysctl net.core.somaxconn=4096`. Or set a lower --backlog.",
  lossWindow:
    "in a burst of more connections than the accept queue holds: the rest are delayed by a second or more",
  linuxOnly: true,
  onFailure: "note",
  run: ({ system, settings }) =>
    judgeQueue(Number(system.files.readTextSync("/proc/sys/net/core/somaxconn")), settings.backlog),
};

export function judgeQueue(somaxconn: number, backlog: number): Finding {
  return somaxconn < backlog
    ? note(`net.core.somaxconn is ${somaxconn}: the backlog of ${backlog} is reduced to that`)
    : ok(`net.core.somaxconn is ${somaxconn}, backlog is ${backlog}`);
}
