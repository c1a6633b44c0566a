import type { System } from "../../system/system.ts";
import type { StoreOptions, TaskStore } from "../task_store.ts";

export function sqliteStore(
  _system: System,
  _place: { readonly path: string; readonly isDurable: boolean },
  _options: StoreOptions,
): TaskStore {
  throw new Error("to come");
}
