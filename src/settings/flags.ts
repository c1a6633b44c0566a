/**
 * Splits a command line into flags and operands. No library does this job: deno-std's parseArgs has to guess which
 * flags take a value (to it `-wauto` is five flags and the value in `--access-logfile -` an operand); node:util's
 * takes 5 ms to load, refuses `--timeout -5` before its setting can explain it, and suggests no names.
 */

import { DenicornError } from "../core/errors.ts";
import { quote, unknownName } from "./mistake.ts";
import { nearest } from "./nearest.ts";
import { peerFlagAnswer } from "./peer_flags.ts";

export interface Flag {
  readonly name: string;
  readonly short: string | undefined;
  /** Completes "give …" for its value; `undefined` for a flag without one. */
  readonly needs: string | undefined;
  /** For a flag without a value: the flag and value it stands for, as `--no-name` stands for `--name=off`. */
  readonly means?: { readonly name: string; readonly value: string };
  /** Words that may follow after `=`, of a flag that needs no value. */
  readonly words?: readonly string[] | undefined;
}

interface ReadFlags {
  /** The values of each flag that is present, in their order; an empty list for a flag without a value. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** What follows `--`; without an operand before it, the first one is an operand itself. */
  readonly rest: readonly string[];
}

const origin = "command line";
const otherwise = "run denicorn help --all for all options";

/** Throws DenicornError `usage` or `setting-unknown`. */
export function readFlags(args: readonly string[], flags: readonly Flag[]): ReadFlags {
  const values = new Map<string, readonly string[]>();
  const operands: string[] = [];
  const last: string[] = [];
  const rest = [...args];
  const add = ({ name, means }: Flag, value?: string) => {
    const known = values.get(means?.name ?? name) ?? [];
    const added = means?.value ?? value;
    values.set(means?.name ?? name, added === undefined ? known : [...known, added]);
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") {
      if (operands.length === 0) operands.push(...rest.splice(0, 1));
      last.push(...rest.splice(0));
    } else if (!isFlag(arg)) operands.push(arg);
    else if (arg.startsWith("--")) readLong(arg, rest, flags, add);
    else readShort(arg, rest, flags, add);
  }
  return { values, operands, rest: last };
}

type Add = (flag: Flag, value?: string) => void;

/** A lone dash stands for a standard stream, and a dash with a digit is a number: no flag is a digit. */
function isFlag(arg: string): boolean {
  return /^-[^\d.]/.test(arg);
}

/** `--name`, `--name=value`, or `--name` and the value as the first of `rest`. */
function readLong(arg: string, rest: string[], flags: readonly Flag[], add: Add): void {
  const equals = arg.indexOf("=");
  const name = arg.slice(2, equals === -1 ? undefined : equals);
  const flag = flags.find((flag) => flag.name === name) ?? unknownFlag(`--${name}`, flags);
  if (flag.needs !== undefined) {
    return add(flag, equals === -1 ? nextValue(`--${name}`, flag.needs, rest) : arg.slice(equals + 1));
  }
  if (equals === -1) return add(flag);
  const { means, words } = flag;
  if (means !== undefined && words !== undefined) {
    return add({ ...flag, means: { ...means, value: arg.slice(equals + 1) } });
  }
  throw new DenicornError(
    "usage",
    `--${name}: ${quote(arg.slice(equals + 1))} (${origin}) is not accepted: the flag takes no value`,
  );
}

/** `-hv` is two flags; after a letter that takes a value, the rest is the value: `-w4`, `-w=4`. */
function readShort(arg: string, rest: string[], flags: readonly Flag[], add: Add): void {
  refuseLongName(arg, flags);
  for (let position = 1; position < arg.length; position++) {
    const letter = arg.charAt(position);
    const flag = flags.find((flag) => flag.short === letter) ?? unknownLetter(arg, letter, flags);
    if (flag.needs === undefined) {
      add(flag);
      continue;
    }
    const attached = arg.slice(position + 1);
    return add(
      flag,
      attached === "" ? nextValue(`-${letter}`, flag.needs, rest) : attached.replace(/^=/, ""),
    );
  }
}

/** Else `-timeout 3` is `-t` with the rest as its value, and `3` is the app. */
function refuseLongName(arg: string, flags: readonly Flag[]): void {
  const given = arg.slice(1).replace(/=.*/s, "");
  if (given.length > 1 && flags.some(({ name }) => name === given)) {
    throw unknownName(`-${given}`, origin, `--${given}`, otherwise);
  }
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

function refusePeerFlag(flag: string): void {
  const answer = peerFlagAnswer(flag);
  if (answer === undefined) return;
  throw new DenicornError("setting-unknown", `${flag} (${origin}) is ${answer}`);
}

function unknownFlag(flag: string, flags: readonly Flag[]): never {
  refusePeerFlag(flag);
  const guess = nearest(flag, flags.map((flag) => `--${flag.name}`));
  throw unknownName(flag, origin, guess, otherwise);
}

/** `-timeout` is more likely a long flag with a dash missing than a group of letters. */
function unknownLetter(arg: string, letter: string, flags: readonly Flag[]): never {
  refusePeerFlag(`-${letter}`);
  const otherCase = flags.find(({ short }) => short?.toLowerCase() === letter.toLowerCase());
  const long = arg.replace(/=.*/s, "");
  if (otherCase === undefined && long.length > 2) unknownFlag(long, flags);
  throw unknownName(`-${letter}`, origin, otherCase && `-${otherCase.short}`, otherwise);
}
