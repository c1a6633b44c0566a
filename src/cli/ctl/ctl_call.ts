/** A command of `denicorn ctl`: what it accepts, and what it works with. */

import type { CtlOptionName } from "../../core/operator_commands.ts";
import type { System } from "../../system/system.ts";

/** What a command of `ctl` works with. */
export interface CtlCall {
  readonly name: string;
  readonly system: System;
  /** Of the server; empty for a command about all servers. */
  readonly socket: string;
  readonly operands: readonly string[];
  /** Whether the option was given. */
  has(option: CtlOptionName): boolean;
  /** The value of an option, if it was given. */
  valueOf(option: CtlOptionName): string | undefined;
  /** Prints `value` as JSON with `--json`, else `text`. */
  print(value: unknown, text: string): void;
}

export interface Subcommand {
  /** One word, or two: `tasks list`. */
  readonly name: string;
  readonly summary: string;
  /** Its operands, as help shows them. */
  readonly operand?: string;
  readonly options: readonly CtlOptionName[];
  /** It is about all servers, so none is looked for. */
  readonly isAboutAll?: boolean;
  /** Which operands it accepts, in their order; none if absent. */
  readonly accepts?: readonly Accepted[];
  /** Why operands and options do not fit together; `undefined` if they do. */
  readonly objection?: (
    operands: readonly string[],
    given: ReadonlyMap<string, unknown>,
  ) => string | undefined;
  run(call: CtlCall): Promise<void>;
}

/** What an operand or the value of an option may be. */
export interface Accepted {
  isValid(text: string): boolean;
  /** Completes "give …". */
  readonly accepts: string;
  readonly isOptional?: true;
}
