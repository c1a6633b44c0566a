/** Types for `deno-std/cli/parse_args.js` as Denicorn calls it; the npm edition ships none. */

export interface ParseOptions {
  /** Flags without a value. */
  readonly boolean: readonly string[];
  /** Flags whose values stay text; `_` keeps operands text too. */
  readonly string: readonly string[];
  /** Flags whose values are gathered in a list. */
  readonly collect: readonly string[];
}

export interface ParsedArgs {
  /** The operands. */
  readonly _: readonly string[];
  /** A list for each collected flag, true or false for each flag without a value. */
  readonly [flag: string]: readonly string[] | boolean;
}

export function parseArgs(args: readonly string[], options: ParseOptions): ParsedArgs;
