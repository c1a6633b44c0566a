import { DenicornError, ExitCode } from "../../src/core/errors.ts";
import { type CommandOption, parseCommandLine } from "../../src/settings/command_line.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import type { Resolved } from "../../src/settings/values.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

interface Given {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Content of `denicorn.config.ts`. */
  readonly config?: unknown;
  readonly cores?: number;
  readonly options?: readonly CommandOption[];
}

/** All settings as `denicorn serve` would see them. */
export function resolve(
  { args = [], environment = {}, config, cores = 2, options = [] }: Given,
): Resolved {
  return resolveSettings({
    commandLine: parseCommandLine(args, { takesSettings: true, options }),
    environment,
    configFile: config === undefined ? undefined : { path: "denicorn.config.ts", values: config },
    cores,
  });
}

/** The error about `given`, as `code: message`. */
export function refusal(given: Given): string {
  const error = assertThrows(() => resolve(given), DenicornError);
  assertOneLine(error);
  return `${error.code}: ${error.message}`;
}

/** Checks what all errors about settings have in common. */
export function assertOneLine(error: DenicornError): void {
  assertEquals(error.exitCode, ExitCode.usage);
  assert(!/\p{Cc}/u.test(error.message), `more than one line: ${error.message}`);
  assert(error.message.length < 1_000, `too long: ${error.message}`);
}
