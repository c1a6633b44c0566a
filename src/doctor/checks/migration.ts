import { type Check, type Finding, note, ok } from "../check.ts";

const setting = "net.ipv4.tcp_migrate_req";
const path = "/proc/sys/net/ipv4/tcp_migrate_req";

export const migration: Check = {
  name: "migration",
  why: "When a listening socket closes, the kernel resets the connections in its accept queue; with " +
    `${setting}=1 it moves them to another worker. In a test with 20 connections waiting for a worker that was ` +
    "killed, 20 were lost with 0, none with 1. While the only worker is replaced, clients wait for it: for a second " +
    "with 0, as their kernel has to try again, and with 1 only until it is ready. Steering prevents the loss when a worker ends in an orderly way; when " +
    "a worker is killed, only this setting does.",
  change:
    `\`sysctl -w ${setting}=1\`, and a file in /etc/sysctl.d/ to keep it; containers: \`--sysctl ${setting}=1\`. ` +
    "Needs Linux 5.14.",
  lossWindow:
    "when a worker is killed or crashes: the connections that wait in its accept queue (prevented by " +
    `\`sysctl -w ${setting}=1\`)`,
  linuxOnly: true,
  onFailure: "note",
  run: ({ system, isFine }) =>
    judgeMigration(
      system.files.stat(path) === null ? null : system.files.readTextSync(path).trim(),
      isFine("steering") && isFine("descriptor-passing"),
    ),
};

/** `value` is `null` when the kernel lacks the setting. */
export function judgeMigration(value: string | null, steers: boolean): Finding {
  if (value === "1") return ok(`${setting} is 1: connections that wait for a killed worker move to another`);
  const state = value === null ? `this kernel lacks ${setting}` : `${setting} is ${value}`;
  return steers
    ? { ...ok(`${state}: steering has the same effect, except when a worker is killed`), leavesOpen: true }
    : note(`${state}, and steering is missing: connections that wait for a worker that ends are reset`);
}
