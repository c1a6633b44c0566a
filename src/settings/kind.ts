/** What a kind of value may depend on beside its text. */
export interface Machine {
  /** Cores this process may use, at least 1. */
  readonly cores: number;
}

/** What a shell can offer while a value is typed: paths, or one of some words. */
export type Completion = "file" | "directory" | readonly string[];

/**
 * One kind of value: how people write it and how it is written back. `Config` is every spelling a config file
 * may use, so that the type of the config file follows from the kinds.
 */
export interface Kind<Value, Config extends string | number> {
  /** Completes "give …" in messages and documentation. */
  readonly accepts: string;
  /** Stands for a value in `--help`. */
  readonly placeholder: string;
  readonly completion?: Completion;
  /** `undefined` means: not accepted. Numbers come from config files only. */
  parse(given: string | number, machine: Machine): Value | undefined;
  /** For people. `parse` reads it back to the same value. */
  show(value: Value): string;
  /** As a config file would hold it. */
  plain(value: Value): Config;
}
