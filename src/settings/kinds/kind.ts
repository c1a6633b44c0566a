/** What a value may depend on besides its text. */
export interface Machine {
  /** Cores this process may use, at least 1. */
  readonly cores: number;
}

/** What a shell offers as completions of a value: paths, or fixed words. */
export type Completion = "file" | "directory" | readonly string[];

/**
 * A kind of value: how it is read and written. `Config` is the type of every spelling that a config file may use; the
 * type of the config file follows from it.
 */
export interface Kind<Value, Config extends string | number> {
  /** Completes "give …" in messages and documentation. */
  readonly accepts: string;
  /** `Config` as text, for declarations. */
  readonly type: string;
  /** The value in `--help`. */
  readonly placeholder: string;
  readonly completion?: Completion;
  /** `undefined` when it is not accepted. Numbers come only from config files. */
  parse(given: string | number, machine: Machine): Value | undefined;
  /** Of a value that is not accepted: its mistake, a colon, and what to do; `undefined` where `accepts` says enough. */
  objection?(given: string | number): string | undefined;
  /** As text, which `parse` reads back to the same value. */
  show(value: Value): string;
  /** As written in a config file. */
  plain(value: Value): Config;
}
