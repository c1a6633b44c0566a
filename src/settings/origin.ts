/** Where a value comes from, as people read it: `env WEB_CONCURRENCY`. */
export type Origin = string;

export const fromDefault: Origin = "default";

export function fromConfigFile(path: string): Origin {
  return `config file ${path}`;
}

export function fromEnvironment(name: string): Origin {
  return `env ${name}`;
}

/** `flag` with its dashes, or the name of an operand. */
export function fromCommandLine(flag: string): Origin {
  return `command line ${flag}`;
}
