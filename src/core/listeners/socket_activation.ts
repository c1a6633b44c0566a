/**
 * Sockets that a service manager has opened for this process, such as systemd: sd_listen_fds(3). They are the file
 * descriptors from 3 on.
 */

export interface ActivatedSocket {
  readonly descriptor: number;
  /** What its unit calls it (FileDescriptorName=). */
  readonly name?: string;
}

/** The values of LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. */
interface ActivationVariables {
  readonly fds: string | undefined;
  readonly pid: string | undefined;
  readonly names: string | undefined;
}

const firstDescriptor = 3;

/** What stands for a socket without a name. */
const noName = "unknown";

/** What the variables pass to process `own`: sockets, or in words why those that they speak of are not its own. */
export function activatedSockets(
  { fds, pid, names }: ActivationVariables,
  own: number,
): readonly ActivatedSocket[] | string {
  if (fds === undefined) return [];
  if (!/^\d{1,4}$/.test(fds)) return `LISTEN_FDS is ${JSON.stringify(fds)}, and not a number of sockets`;
  if (pid === undefined) return "LISTEN_PID does not say for which process they are";
  if (pid !== String(own)) {
    return `LISTEN_PID is ${pid}, and this is process ${own}: start denicorn itself, or with exec`;
  }
  const named = names?.split(":") ?? [];
  return Array.from({ length: Number(fds) }, (_, index) => {
    const descriptor = firstDescriptor + index;
    const name = named[index] ?? "";
    return name === "" || name === noName ? { descriptor } : { descriptor, name };
  });
}
