import { DenicornError } from "../core/errors.ts";
import { type Flag, readFlags } from "./flags.ts";
import { addressFlags, addressIn, type GivenAddress } from "./given_address.ts";
import { oneOf } from "./kinds/text.ts";
import { quote } from "./mistake.ts";
import { off } from "./setting.ts";
import { namedSettings, type SettingKey } from "./settings.ts";

/** An option of a command that is not a setting: `--json`, `--format text`. */
export interface CommandOption {
  readonly name: string;
  readonly short?: string;
  /** The value in help texts; an option without it takes no value. */
  readonly placeholder?: string;
  /** The values it accepts; all if absent. */
  readonly choices?: readonly string[];
  readonly description: string;
}

/** The command line of one command. */
export interface CommandSyntax {
  /** Whether it takes all settings, and APP as its operand. */
  readonly takesSettings: boolean;
  readonly options: readonly CommandOption[];
}

export interface CommandLine {
  /** The values of each setting, in their order. */
  readonly settings: ReadonlyMap<SettingKey, readonly string[]>;
  /** Of `--host` and `--port`; `null` without them. */
  readonly address: GivenAddress | null;
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
 * Reads a command line: `-w4`, `-w 4`, `--workers 4` and `--workers=4` mean the same. If a flag that is not repeatable is
 * repeated, the last one wins, so that the arguments of a container override its entry point. The values of settings
 * are not checked here. Throws DenicornError `usage`, `setting-unknown`, `setting-invalid`.
 */
export function parseCommandLine(args: readonly string[], syntax: CommandSyntax): CommandLine {
  const options = [...syntax.options, ...generalOptions];
  const flags = [
    ...options.map(optionFlag),
    ...(syntax.takesSettings ? [...settingFlags, ...addressFlags, reloadFlag] : []),
  ];
  const { values, operands, rest } = readFlags(args, flags);
  return {
    settings: syntax.takesSettings ? givenSettings(values, operands, rest) : new Map(),
    address: syntax.takesSettings ? addressIn(values) : null,
    options: givenOptions(values, options),
    operands: syntax.takesSettings ? operands : [...operands, ...rest],
  };
}

function optionFlag({ name, short, placeholder, choices }: CommandOption): Flag {
  const needs = placeholder === undefined ? undefined : choices === undefined ? placeholder : oneOf(choices);
  return { name, short, needs };
}

/** As Gunicorn and uvicorn call it. */
const reloadFlag: Flag = {
  name: "reload",
  short: undefined,
  needs: undefined,
  means: { name: "watch", value: "on" },
  words: namedSettings.find(({ name }) => name === "watch")?.words,
};

const settingFlags: readonly Flag[] = namedSettings
  .filter((setting) => setting.flag !== false)
  .flatMap(({ name, short, accepts, canBeOff, isSwitch, words }) => [
    isSwitch
      ? { name, short, needs: undefined, means: { name, value: "on" }, words }
      : { name, short, needs: accepts },
    ...(canBeOff
      ? [{ name: `no-${name}`, short: undefined, needs: undefined, means: { name, value: off } }]
      : []),
  ]);

type Values = ReadonlyMap<string, readonly string[]>;

function givenSettings(
  values: Values,
  operands: readonly string[],
  rest: readonly string[],
): Map<SettingKey, readonly string[]> {
  const positional: Values = new Map([["app", operands], ["args", rest]]);
  const [app, extra] = operands;
  if (extra !== undefined) {
    throw new DenicornError(
      "usage",
      `${quote(extra)} (command line) is an extra operand after ${quote(app)}: ` +
        "give one APP, and its own arguments after --; a command must be the first word",
    );
  }
  return new Map(
    namedSettings.flatMap(({ key, name }) => {
      const given = positional.get(key) ?? values.get(name) ?? [];
      return given.length === 0 ? [] : [[key, given] as const];
    }),
  );
}

function givenOptions(values: Values, options: readonly CommandOption[]): Map<string, string | true> {
  const given = new Map<string, string | true>();
  for (const { name, choices } of options) {
    const found = values.get(name);
    if (found === undefined) continue;
    const value = found.at(-1) ?? true;
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
