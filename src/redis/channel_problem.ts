import { connectionProblem, unknownProblem } from "./connection_problem.ts";

/** Why messages of channels do not pass the Redis at `place`: its state, a colon, and what to do. */
export function channelProblem(place: string, error: unknown): string {
  if (error instanceof Error && error.message.startsWith("NOPERM")) {
    return `Redis at ${place} does not permit it (${error.message}): let its user publish and subscribe, or give ` +
      "another one in channel-url";
  }
  return connectionProblem(place, error, "channel-url") ?? unknownProblem(place, error);
}
