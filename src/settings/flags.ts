/**
 * Spells every flag out as `--name=value` before the std's `parseArgs` reads it. `parseArgs` has to guess which
 * flags take values: to it `-wauto` is five flags, `-eKEY=VALUE` loses its key, the value in
 * `--access-logfile -` is an operand, and `--no-workers=3` is `--workers=3`. We know the flags, so nothing is
 * left to guess.
 */

import { DenicornError } from "../core/errors.ts";
import { quote, unknownName } from "./mistake.ts";
import { nearest } from "./nearest.ts";

export interface Flag {
  readonly name: string;
  readonly short: string | undefined;
  /** Completes "give …" for its value; `undefined` for a flag without one. */
  readonly needs: string | undefined;
  /** For a flag without a value: it stands for another one with this value, as `--no-name` for `--name=off`. */
  readonly means?: { readonly name: string; readonly value: string };
}

const origin = "command line";
const otherwise = "run denicorn --help for all options";

/** All flags as `--name` or `--name=value`, then `--`, then the operands. */
export function spellOut(args: readonly string[], flags: readonly Flag[]): string[] {
  const spelled: string[] = [];
  const operands: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") operands.push(...rest.splice(0));
    else if (!isFlag(arg)) operands.push(arg);
    else if (arg.startsWith("--")) spelled.push(spellLong(arg, rest, flags));
    else spelled.push(...spellShort(arg, rest, flags));
  }
  return [...spelled, "--", ...operands];
}

/** A lone dash stands for a standard stream, and a dash with a digit is a number: there are no digit flags. */
function isFlag(arg: string): boolean {
  return /^-[^\d.]/.test(arg);
}

/** Takes the value from `rest` where it stands there. */
function spellLong(arg: string, rest: string[], flags: readonly Flag[]): string {
  const equals = arg.indexOf("=");
  const name = arg.slice(2, equals === -1 ? undefined : equals);
  const flag = flags.find((flag) => flag.name === name) ?? unknownFlag(`--${name}`, flags);
  if (flag.needs !== undefined) {
    return spell(flag, equals === -1 ? nextValue(`--${name}`, flag.needs, rest) : arg.slice(equals + 1));
  }
  if (equals === -1) return spell(flag);
  throw new DenicornError(
    "usage",
    `--${name}: ${quote(arg.slice(equals + 1))} (${origin}) is not accepted: the flag takes no value`,
  );
}

/** `-hv` is two flags; after a letter that takes a value, the rest is the value: `-w4`, `-w=4`. */
function spellShort(arg: string, rest: string[], flags: readonly Flag[]): string[] {
  const spelled: string[] = [];
  for (let position = 1; position < arg.length; position++) {
    const letter = arg.charAt(position);
    const flag = flags.find((flag) => flag.short === letter) ?? unknownLetter(arg, letter, flags);
    if (flag.needs === undefined) {
      spelled.push(spell(flag));
      continue;
    }
    const attached = arg.slice(position + 1);
    const value = attached === "" ? nextValue(`-${letter}`, flag.needs, rest) : attached.replace(/^=/, "");
    return [...spelled, spell(flag, value)];
  }
  return spelled;
}

function spell({ name, means }: Flag, value?: string): string {
  if (means !== undefined) return `--${means.name}=${means.value}`;
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}

function nextValue(flag: string, needs: string, rest: string[]): string {
  const next = rest[0];
  if (next !== undefined && !isFlag(next)) {
    rest.shift();
    return next;
  }
  const found = next === undefined ? "nothing follows" : `${quote(next)} follows`;
  throw new DenicornError("usage", `${flag} (${origin}) lacks its value, ${found}: give ${needs}`);
}

function unknownFlag(flag: string, flags: readonly Flag[]): never {
  const guess = nearest(flag, flags.map((flag) => `--${flag.name}`));
  throw unknownName(flag, origin, guess, otherwise);
}

/** `-timeout` is more likely a long flag short of a dash than a letter nobody knows. */
function unknownLetter(arg: string, letter: string, flags: readonly Flag[]): never {
  const otherCase = flags.find(({ short }) => short?.toLowerCase() === letter.toLowerCase());
  const long = arg.replace(/=.*/s, "");
  if (otherCase === undefined && long.length > 2) unknownFlag(long, flags);
  throw unknownName(`-${letter}`, origin, otherCase && `-${otherCase.short}`, otherwise);
}
