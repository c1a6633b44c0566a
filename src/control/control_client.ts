import { DenicornError } from "../core/errors.ts";
import type { Status } from "../core/status.ts";
import type { System } from "../system/system.ts";

/** Asks the master behind the control socket at `path` how it is. Throws DenicornError `control-socket`. */
export async function fetchStatus(system: System, path: string): Promise<Status> {
  let response;
  try {
    // The name is looked up even though the socket is local; any but localhost may wait seconds for DNS.
    response = await system.network.fetchUnix(path, "http://localhost/status");
  } catch (error) {
    throw new DenicornError(
      "control-socket",
      `cannot reach the server: ${path}: no master answers there in time: is it running, as this user?`,
      { cause: error },
    );
  }
  return await response.json();
}
