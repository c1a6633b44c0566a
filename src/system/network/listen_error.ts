import { DenicornError } from "../../core/errors.ts";
import { filesPerProcess } from "../../core/file_needs.ts";
import { openFiles } from "../open_files.ts";
import type { TcpAddress } from "../system.ts";

function limitText(): string {
  try {
    return `: the limit is ${openFiles.limit().soft}`;
  } catch {
    // Not Linux.
    return "";
  }
}

/** `127.0.0.1:8000`, `[::1]:8000`; the same text for equal addresses. */
export function formatAddress({ hostname, port }: TcpAddress): `${string}:${string}` {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** An error that an operator can act on, for what `probe`, `serve` or `serveAlone` threw. */
export function toListenError(thrown: unknown, address: TcpAddress, flag = "--bind"): DenicornError {
  const at = formatAddress(address);
  if (thrown instanceof Deno.errors.AddrInUse) {
    return new DenicornError(
      "bind-in-use",
      `cannot listen: ${at} is in use by another program: stop that program (ss -ltnp shows it) or choose another ${flag}`,
      { cause: thrown },
    );
  }
  if (thrown instanceof Deno.errors.PermissionDenied) {
    return new DenicornError(
      "bind-denied",
      `cannot listen: ${at} is not allowed for the user that workers run as: use a port from 1024 up, ` +
        "grant the executable cap_net_bind_service (setcap), or lower " +
        "net.ipv4.ip_unprivileged_port_start",
      { cause: thrown },
    );
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (/too many open files/i.test(reason)) {
    return new DenicornError(
      "file-limit",
      `cannot listen on ${at}: out of file descriptors${limitText()}, and a process needs about ${filesPerProcess} and ` +
        "one for each connection: raise the limit (ulimit -n, LimitNOFILE=)",
      { cause: thrown },
    );
  }
  return new DenicornError(
    "bind-unavailable",
    `cannot listen: ${at} is not an address of this machine (${reason}): choose another ${flag}`,
    { cause: thrown },
  );
}

/** The same for the Unix socket at `path`. */
export function toSocketError(thrown: unknown, path: string): DenicornError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const isDenied = /permission denied/i.test(reason);
  return new DenicornError(
    isDenied ? "bind-denied" : "bind-unavailable",
    isDenied
      ? `cannot listen: unix:${path}: the user of this process may not create it (${reason}): let it write to that ` +
        "directory, or choose another --bind"
      : `cannot listen: unix:${path} cannot be opened (${reason}): check its directory, or choose another --bind`,
    { cause: thrown },
  );
}
