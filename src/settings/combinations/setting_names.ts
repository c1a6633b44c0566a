/** Names of settings in messages. */

import type { ListenAddress } from "../../system/system.ts";
import { namedSettings, type SettingKey } from "../settings.ts";

/** As in messages: `graceful-timeout`. */
export function nameOf(wanted: SettingKey): string {
  return namedSettings.find(({ key }) => key === wanted)!.name;
}

/** The setting that an address comes from. */
export function keyBehind({ scheme }: ListenAddress): "bind" | "redirectHttp" {
  return scheme === "redirect" ? "redirectHttp" : "bind";
}
