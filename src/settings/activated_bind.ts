import type { InheritedAddress } from "../system/system.ts";
import { inheritedIn } from "./listen_addresses.ts";
import { fromDefault, type Origin, type Resolved } from "./values.ts";

/** Where `bind` comes from, if a service manager has opened the sockets. */
export const activatedOrigin: Origin = "env LISTEN_FDS";

/**
 * The settings with `sockets` in place of all that `bind` names: who starts the server has decided where it listens, and
 * addresses that are opened already could not be opened again. With fd://NUMBER in it, `bind` chooses among them itself.
 */
export function withActivatedBind<Settings extends Resolved>(
  resolved: Settings,
  sockets: readonly InheritedAddress[],
): Settings {
  const { settings, origins } = resolved;
  const chosen = inheritedIn(settings);
  if (sockets.length === 0) return resolved;
  if (chosen.length > 0) {
    const bind = settings.bind.map((address) =>
      "descriptor" in address
        ? sockets.find(({ descriptor }) => descriptor === address.descriptor) ?? address
        : address
    );
    return { ...resolved, settings: { ...settings, bind } };
  }
  const bind = origins.bind === fromDefault
    ? activatedOrigin
    : `${activatedOrigin}, in place of ${origins.bind}`;
  return { ...resolved, settings: { ...settings, bind: sockets }, origins: { ...origins, bind } };
}
