// @ts-types="../../types/deno_std_cli.d.ts"
import { parseArgs } from "deno-std/cli/parse_args.js";
import { DenicornError } from "../core/errors.ts";
import { oneOf } from "./kinds/text.ts";
import { quote } from "./mistake.ts";
import { namedSettings, type SettingKey } from "./settings.ts";
import { type Flag, spellOut } from "./flags.ts";
import { off } from "./setting.ts";

/** An option of a command that is no setting: `--json`, `--format text`. */
export interface CommandOption {
  readonly name: string;
  readonly short?: string;
  /** Stands for the value in help; without it the option takes none. */
  readonly placeholder?: string;
  /** The values it accepts; any when absent. */
  readonly choices?: readonly string[];
  readonly description: string;
}

/** What may stand on the command line of one command. */
export interface CommandSyntax {
  /** Whether it takes every setting, and APP as its operand. */
  readonly takesSettings: boolean;
  readonly options: readonly CommandOption[];
}

export interface CommandLine {
  /** What was given for each setting, in the order given. */
  readonly settings: ReadonlyMap<SettingKey, readonly string[]>;
  /** Values by name; `true` for an option without a value. */
  readonly options: ReadonlyMap<string, string | true>;
  readonly operands: readonly string[];
}

/** Options of every command. */
export const generalOptions: readonly CommandOption[] = [
  { name: "help", short: "h", description: "Show this help and exit." },
  { name: "version", short: "v", description: "Show the version and exit." },
];

/**
 * Takes a command line apart: `-w4`, `-w 4`, `--workers 4` and `--workers=4` are one. Where a flag that is not
 * repeatable stands twice, the last counts, so that a container's arguments override its entry point. Values
 * of settings are not checked here. Throws DenicornError `usage`, `setting-unknown`, `setting-invalid`.
 */
export function parseCommandLine(args: readonly string[], syntax: CommandSyntax): CommandLine {
  const options = [...syntax.options, ...generalOptions];
  const flags = [...options.map(optionFlag), ...(syntax.takesSettings ? settingFlags : [])];
  const valued = flags.filter((flag) => flag.needs !== undefined).map((flag) => flag.name);
  const parsed = parseArgs(spellOut(args, flags), {
    boolean: flags.filter(({ needs, means }) => needs === undefined && means === undefined).map(({ name }) =>
      name
    ),
    string: [...valued, "_"],
    collect: valued,
  });
  const operands = parsed._;
  return {
    settings: syntax.takesSettings ? givenSettings(parsed, operands) : new Map(),
    options: givenOptions(parsed, options),
    operands,
  };
}

function optionFlag({ name, short, placeholder, choices }: CommandOption): Flag {
  const needs = placeholder === undefined ? undefined : choices === undefined ? placeholder : oneOf(choices);
  return { name, short, needs };
}

const settingFlags: readonly Flag[] = namedSettings
  .filter((setting) => setting.flag !== false)
  .flatMap(({ name, short, accepts, canBeOff }) => [
    { name, short, needs: accepts },
    ...(canBeOff
      ? [{ name: `no-${name}`, short: undefined, needs: undefined, means: { name, value: off } }]
      : []),
  ]);

type Parsed = ReturnType<typeof parseArgs>;

function givenSettings(parsed: Parsed, operands: readonly string[]): Map<SettingKey, readonly string[]> {
  const [app, extra] = operands;
  if (extra !== undefined) {
    throw new DenicornError(
      "usage",
      `${quote(extra)} (command line) is one operand too many after ${quote(app)}: ` +
        "give one APP, and a command only as the first word",
    );
  }
  const given = new Map<SettingKey, readonly string[]>();
  for (const setting of namedSettings) {
    const values = setting.key === "app" ? operands : parsed[setting.name];
    if (Array.isArray(values) && values.length > 0) given.set(setting.key, values);
  }
  return given;
}

function givenOptions(parsed: Parsed, options: readonly CommandOption[]): Map<string, string | true> {
  const given = new Map<string, string | true>();
  for (const { name, choices } of options) {
    const found = parsed[name];
    const value = typeof found === "object" ? found.at(-1) : found;
    if (value === undefined || value === false) continue;
    if (choices !== undefined && !(value !== true && choices.includes(value))) {
      throw new DenicornError(
        "usage",
        `--${name}: ${quote(value)} (command line) is not accepted: give ${oneOf(choices)}`,
      );
    }
    given.set(name, value);
  }
  return given;
}
