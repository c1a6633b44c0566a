import type { Kind, Machine } from "./kinds/kind.ts";

/** The properties of a setting besides the kind of its value. */
interface Declaration {
  readonly description: string;
  /** Whether a reload (HUP) applies a changed value; otherwise only a restart does. */
  readonly reload: boolean;
  readonly short?: string;
  /** A variable that other platforms use; `DENICORN_<NAME>` overrides it. */
  readonly alias?: EnvironmentAlias;
  /** False for the operand APP. */
  readonly flag?: false;
  /** True for a value that is never shown. */
  readonly secret?: true;
  /** What a message shows of a value that is not accepted; by default all of it, and nothing of a secret one. */
  readonly shownIfRefused?: (given: unknown) => unknown;
}

/** Turns a setting off: `--name off`, `--no-name`, or `false` in a config file. */
export const off = "off";

interface EnvironmentAlias {
  readonly name: string;
  /** Completes "give …" if the variable accepts other values than the setting. */
  readonly accepts?: string;
  /** Turns the variable into a value of the setting; `undefined` when it is not accepted. */
  readonly spell?: (text: string) => string | undefined;
}

/** What help and messages say about a kind. */
type DescribedKind = Pick<Kind<unknown, string>, "accepts" | "type" | "placeholder" | "completion">;

/** A value, or the part of the input that is not accepted. */
type Reading<Value> = { readonly value: Value } | {
  readonly refused: unknown;
  /** Its mistake, a colon, and what to do. */
  readonly objection?: string | undefined;
};

/** A setting without its name. `Config` is the type of its value in a config file. */
export interface Setting<Value, Config> extends Declaration, DescribedKind {
  readonly repeatable: boolean;
  /** Whether it can be turned off, also by `--no-name`. */
  readonly canBeOff?: true;
  /** `--name` takes no value, and means on. */
  readonly isSwitch?: true;
  /** What a switch may be besides on and off, as `--name=WORD`. */
  readonly words?: readonly string[];
  readonly default: Value;
  /** Reads a text, a natural value of a config file, or a list of them where the setting is repeatable. */
  read(given: unknown, machine: Machine): Reading<Value>;
  /** As text, on one line. */
  show(value: Value): string;
  /** As written in a config file; `null` for a setting that is not set. */
  plain(value: Value): Config | null;
}

/** A setting that always has a value. */
export function one<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  declaration: Declaration & { readonly default: NoInfer<Value> },
): Setting<Value, Config> {
  return {
    ...describe(kind),
    ...declaration,
    repeatable: false,
    read: (given, machine) => readOne(kind, given, machine),
    show: (value) => kind.show(value),
    plain: (value) => kind.plain(value),
  };
}

/** A setting that may be left out; `unset` describes what that means. */
export function optional<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  { unset, ...declaration }: Declaration & { readonly unset: string },
): Setting<Value | undefined, Config> {
  return {
    ...describe(kind),
    ...declaration,
    repeatable: false,
    default: undefined,
    read: (given, machine) => readOne(kind, given, machine),
    show: (value) => value === undefined ? unset : declaration.secret ? hidden : kind.show(value),
    plain: (value) => value === undefined ? null : declaration.secret ? hidden as Config : kind.plain(value),
  };
}

/** Shown in place of a secret value. */
export const hidden = "(hidden)";

/** A setting that may be left out or turned off; then its value is `false`. */
export function optionalOrOff<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  declaration: Declaration & { readonly unset: string },
): Setting<Value | false | undefined, Config | false> {
  const { read, show, plain, default: unset, ...setting } = optional(kind, declaration);
  const isOff = (given: unknown) => given === off || given === false;
  return {
    ...setting,
    accepts: `${kind.accepts}, or ${off} (in a config file also false)`,
    type: `${kind.type} | false`,
    placeholder: `${kind.placeholder}|${off}`,
    canBeOff: true,
    default: unset,
    read: (given, machine) => isOff(given) ? { value: false } : read(given, machine),
    show: (value) => value === false ? off : show(value),
    plain: (value) => value === false ? false : plain(value),
  };
}

/** A setting that is on or off, or left out: `--name`, `--no-name`, or `true` or `false` in a config file. */
export function onOrOff(
  declaration: Declaration & { readonly unset: string },
): Setting<boolean | undefined, boolean> {
  return onOffOr([], declaration);
}

/** The same, but it may also be on in the way of a word: `--name=WORD`. */
export function onOffOr<const Word extends string = never>(
  words: readonly Word[],
  { unset, ...declaration }: Declaration & { readonly unset: string },
): Setting<boolean | Word | undefined, boolean | Word> {
  const others = words.map((word) => `, ${word}`).join("");
  return {
    accepts: `on${others} or ${off} (in a config file also true or false)`,
    type: ["boolean", ...words.map((word) => JSON.stringify(word))].join(" | "),
    placeholder: "SWITCH",
    completion: ["on", ...words, off],
    ...declaration,
    canBeOff: true,
    isSwitch: true,
    ...(words.length === 0 ? {} : { words }),
    repeatable: false,
    default: undefined,
    read(given) {
      if (given === true || given === "on") return { value: true };
      const word = words.find((word) => word === given);
      if (word !== undefined) return { value: word };
      return given === false || given === off ? { value: false } : { refused: given };
    },
    show: (value) => value === undefined ? unset : typeof value === "string" ? value : value ? "on" : off,
    plain: (value) => value ?? null,
  };
}

interface ManyOptions<Value> extends Declaration {
  readonly default: readonly Value[];
  /** The text for an empty list. */
  readonly unset?: string;
  /** Turns another shape in a config file into a list. */
  readonly list?: (given: unknown) => readonly unknown[];
}

/** A setting that may be given several times. The values of one source replace those of the sources below it. */
export function many<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  { unset = "none", list = asList, ...declaration }: ManyOptions<Value>,
): Setting<readonly Value[], Config | readonly Config[]> {
  return {
    ...describe(kind),
    type: `${kind.type} | readonly (${kind.type})[]`,
    ...declaration,
    repeatable: true,
    read(given, machine) {
      const value: Value[] = [];
      for (const item of list(given)) {
        const reading = readOne(kind, item, machine);
        if ("refused" in reading) return reading;
        value.push(reading.value);
      }
      return { value };
    },
    show: (values) => values.length === 0 ? unset : values.map((value) => kind.show(value)).join(", "),
    plain: (values) => values.map((value) => kind.plain(value)),
  };
}

function asList(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [given];
}

function describe({ accepts, type, placeholder, completion }: DescribedKind): DescribedKind {
  return { accepts, type, placeholder, ...(completion === undefined ? {} : { completion }) };
}

function readOne<Value, Config extends string | number>(
  kind: Kind<Value, Config>,
  given: unknown,
  machine: Machine,
): Reading<Value> {
  if (typeof given !== "string" && typeof given !== "number") return { refused: given };
  const value = kind.parse(given, machine);
  return value === undefined ? { refused: given, objection: kind.objection?.(given) } : { value };
}
