import type { Origin } from "./origin.ts";
import type { NamedSetting } from "./settings.ts";

/** What one source says about one setting, not yet checked. */
export interface Given {
  readonly setting: NamedSetting;
  /** A text, a natural value of a config file, or a list of them. */
  readonly value: unknown;
  readonly origin: Origin;
}
