/** What may be written to a standard stream besides text, by the terminal there and the variables that ask for it. */

/** Values of variables by their names. */
type Variables = (name: string) => string | undefined;

/**
 * Whether to write in colour: NO_COLOR refuses it (https://no-color.org), FORCE_COLOR demands it without a terminal
 * (https://force-color.org; 0 and false refuse it). An empty variable counts as unset.
 */
export function usesColour(isTerminal: boolean, variable: Variables): boolean {
  if (variable("NO_COLOR")) return false;
  const forced = variable("FORCE_COLOR");
  if (forced) return forced !== "0" && forced !== "false";
  return isTerminal && !isDumb(variable);
}

/** Whether lines can be rewritten, which no variable can demand. */
export function canRewrite(isTerminal: boolean, variable: Variables): boolean {
  return isTerminal && !isDumb(variable);
}

/** It obeys no escape sequence. */
function isDumb(variable: Variables): boolean {
  return variable("TERM") === "dumb";
}
