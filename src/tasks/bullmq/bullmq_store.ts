import type { System } from "../../system/system.ts";
import type { StoreOptions, TaskStore } from "../task_store.ts";

export function bullMqStore(_system: System, _url: string, _options: StoreOptions): TaskStore {
  throw new Error("to come");
}
