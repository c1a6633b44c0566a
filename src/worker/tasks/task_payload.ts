/** The payload that the function of a task gets. */

import { type PayloadSchema, validate } from "../../app/load/payload_schema.ts";
import { messageOf } from "../../core/thrown.ts";
import { type TakenTask, TaskFailure } from "../../tasks/task_store.ts";

/** Throws a final `TaskFailure`. */
export function payloadOf(task: TakenTask): unknown {
  try {
    return task.payload();
  } catch (error) {
    throw new TaskFailure(`its payload cannot be read (${messageOf(error)}): add the task again`, true);
  }
}

/** As the schema makes it. Rejects with a final `TaskFailure`. */
export async function checked(payload: unknown, schema: PayloadSchema): Promise<unknown> {
  const result = await validate(schema, payload);
  if ("mistakes" in result) {
    throw new TaskFailure(
      `its payload does not fit its schema (${result.mistakes}): add the task with another payload`,
      true,
    );
  }
  return result.value;
}
