import { type Check, type Finding, note, ok } from "./check.ts";

const setting = "net.ipv4.tcp_migrate_req";
const path = "/proc/sys/net/ipv4/tcp_migrate_req";

export const migration: Check = {
  name: "migration",
  why:
    "When a listening socket closes, the kernel resets the connections that wait in its accept queue, or with " +
    `${setting}=1 gives them to another worker: with 20 waiting for a worker that was killed, 20 were lost with ` +
    "0, none with 1. For an end in order steering does the same; for a kill nothing else does.",
  change:
    `\`sysctl -w ${setting}=1\`, and in /etc/sysctl.d/ to keep it; containers: \`--sysctl ${setting}=1\`. ` +
    "It takes Linux 5.14.",
  lossWindow:
    "when a worker is killed or crashes: the connections that wait in its accept queue (closed by " +
    `\`sysctl -w ${setting}=1\`)`,
  linuxOnly: true,
  onFailure: "note",
  run: ({ system, isFine }) =>
    judgeMigration(
      system.files.stat(path) === null ? null : system.files.readTextSync(path).trim(),
      isFine("steering") && isFine("descriptor-passing"),
    ),
};

/** `value` is `null` where the kernel does not know the setting. */
export function judgeMigration(value: string | null, steers: boolean): Finding {
  if (value === "1") return ok(`${setting} is 1: what waits for a worker that is killed goes to another`);
  const state = value === null ? `${setting} is not known to this kernel` : `${setting} is ${value}`;
  return steers
    ? { ...ok(`${state}: steering makes up for it, except when a worker is killed`), leavesOpen: true }
    : note(`${state}, and there is no steering: what waits for a worker that ends is reset`);
}
