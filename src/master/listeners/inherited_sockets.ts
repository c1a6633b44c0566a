/** Sockets that the process that started the server has opened, such as systemd. */

import { DenicornError } from "../../core/errors.ts";
import type { InheritedSource, System, TcpAddress } from "../../system/system.ts";

/** The one at `descriptor`. Throws DenicornError if nothing there can be served. */
export function takeSocket(
  { descriptors }: Pick<System, "descriptors">,
  descriptor: number,
): InheritedSource {
  const found = attempt(() => descriptors.take(descriptor));
  if (typeof found !== "string") return found;
  throw new DenicornError(
    "bind-unavailable",
    `cannot listen: fd://${descriptor} is ${found}: let the process that starts denicorn pass a listening socket ` +
      "under this number, or choose another --bind",
  );
}

function attempt(take: () => InheritedSource | string): InheritedSource | string {
  try {
    return take();
  } catch (error) {
    return `not usable (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** As operators read it; `show` says how a TCP address is written. */
export function inheritedText(
  source: InheritedSource,
  name: string | undefined,
  show: (address: TcpAddress) => string,
): string {
  const address = "path" in source ? `unix:${source.path}` : show(source);
  return `${address} (${name === undefined ? "inherited" : `inherited, ${name}`})`;
}
