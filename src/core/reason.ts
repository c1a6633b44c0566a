import { messageOf } from "./thrown.ts";

/**
 * Why the system refused something, for a message that names the file itself: without the system call, its arguments
 * and the error number, which the runtime adds.
 */
export function reasonOf(thrown: unknown): string {
  return messageOf(thrown).replace(/^Failed to spawn '.*?': /s, "").replace(/ \(os error \d+\)(: .*)?$/s, "");
}
