import { type Check, type Finding, note, ok } from "./check.ts";

export const queue: Check = {
  name: "accept-queue",
  why: "As many connections as `backlog` says may wait until a worker takes them. The kernel cuts that to " +
    "net.core.somaxconn without a word; when the queue is full, clients try again after a second, then longer.",
  change: "`sysctl -w net.core.somaxconn=4096`, and in /etc/sysctl.d/ to keep it; containers: " +
    "`--sysctl net.core.somaxconn=4096`. Or set a lower --backlog.",
  lossWindow:
    "in a burst of more connections than the accept queue takes: the rest is late by a second or more",
  linuxOnly: true,
  onFailure: "note",
  run: ({ system, settings }) =>
    judgeQueue(Number(system.files.readTextSync("/proc/sys/net/core/somaxconn")), settings.backlog),
};

export function judgeQueue(somaxconn: number, backlog: number): Finding {
  return somaxconn < backlog
    ? note(`net.core.somaxconn is ${somaxconn}: the backlog of ${backlog} is cut to that`)
    : ok(`net.core.somaxconn is ${somaxconn}, backlog is ${backlog}`);
}
