import { isRange } from "../../core/http/ip_ranges.ts";
import { syslogPlace, syslogPrefix } from "../../core/syslog.ts";
import type { Completion, Kind } from "./kind.ts";

/** One of a few words. */
export function choice<const Word extends string>(
  placeholder: string,
  words: readonly Word[],
): Kind<Word, Word> {
  return {
    accepts: oneOf(words),
    type: words.map((word) => JSON.stringify(word)).join(" | "),
    placeholder,
    completion: words,
    parse: (given) => words.find((word) => word === given),
    show: (value) => value,
    plain: (value) => value,
  };
}

/** "text, json or markdown". */
export function oneOf(words: readonly string[]): string {
  return words.join(", ").replace(/, (?=[^,]*$)/, " or ");
}

interface TextOptions {
  readonly accepts: string;
  readonly placeholder: string;
  readonly completion?: Completion;
  readonly matches?: (text: string) => boolean;
}

/** A text that is not empty and `matches`. */
export function text({ matches = () => true, ...options }: TextOptions): Kind<string, string> {
  return {
    ...options,
    type: "string",
    // System calls end a string at its first NUL.
    parse: (given) =>
      typeof given === "string" && given !== "" && !given.includes("\0") && matches(given)
        ? given
        : undefined,
    show: (value) => value,
    plain: (value) => value,
  };
}

export const file: Kind<string, string> = text({
  accepts: "the path of a file",
  placeholder: "FILE",
  completion: "file",
});
/** A number alone is the port of somebody who means `-p` as in most programs. */
export const pidFile: Kind<string, string> = {
  ...text({
    accepts: "the path of a file",
    placeholder: "FILE",
    completion: "file",
    matches: (path) => !isNumber(path),
  }),
  objection: (given) =>
    typeof given === "string" && isNumber(given)
      ? `it names the pidfile: give --port ${given} for a port, or ./${given} for a file`
      : undefined,
};

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Where a log goes. */
export const logPlace: Kind<string, string> = text({
  accepts:
    "the path of a file, -, syslog:PATH of a Unix socket, or syslog:ADDRESS:PORT with an IP address, both perhaps " +
    "with ?facility=local0&tag=NAME",
  placeholder: "FILE",
  completion: "file",
  matches: (path) => !path.startsWith(syslogPrefix) || syslogPlace(path) !== null,
});
export const directory: Kind<string, string> = text({
  accepts: "the path of a directory",
  placeholder: "DIRECTORY",
  completion: "directory",
});

/** Linux stores the path of a Unix socket in 108 bytes, including a NUL at the end. */
export const longestSocketPath = 107;

export const socketPath: Kind<string, string> = text({
  accepts: `a path of at most ${longestSocketPath} bytes`,
  placeholder: "FILE",
  completion: "file",
  matches: (path) => new TextEncoder().encode(path).length <= longestSocketPath,
});

/** The path of a URL, perhaps with a query. */
export const urlPath: Kind<string, string> = text({
  accepts: 'a path that begins with "/", such as /healthz',
  placeholder: "PATH",
  matches: (path) => /^\/[!-~]*$/.test(path) && !path.includes("#"),
});

/** The path of a URL without a query, or with `*` at its end for all that begin so. */
export const skippedPath: Kind<string, string> = text({
  accepts: 'a path that begins with "/", such as /healthz, or /internal/* for all that begin so',
  placeholder: "PATH",
  matches: (path) => /^\/[!-~]*$/.test(path) && !/[?#]|\*./.test(path),
});

/** The name of a header (RFC 9110, 5.6.2). */
export const headerName: Kind<string, string> = text({
  accepts: "the name of a header, such as x-request-id",
  placeholder: "NAME",
  matches: (name) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name),
});

/** `path[:export]`; whether the module exists is checked when the app is loaded. */
export const appReference: Kind<string, string> = text({
  accepts: "path/to/module or path/to/module:export",
  placeholder: "APP",
  completion: "file",
  matches: (app) => !/^:|:$/.test(app),
});

/** As in `node_modules`: `name`, `@scope/name`, or `@scope/*` for all of a scope. */
export const packageName: Kind<string, string> = text({
  accepts: "the name of a package, such as sharp, @scope/name or @scope/*",
  placeholder: "PACKAGE",
  matches: (name) => /^(@[\w.~-]+\/)?[\w.~-]+$|^@[\w.~-]+\/\*$/.test(name),
});

/** What follows `--`; it may be empty. */
export const argument: Kind<string, string> = {
  accepts: "a text",
  type: "string",
  placeholder: "ARGUMENTS",
  parse: (given) => {
    const argument = String(given);
    return argument.includes("\0") ? undefined : argument;
  },
  show: (value) => value,
  plain: (value) => value,
};

/** Shown by `ps` and `top`, which print control characters as others. */
export const processName: Kind<string, string> = text({
  accepts: "a name of at most 64 ASCII characters",
  placeholder: "NAME",
  matches: (name) => /^(?! )[ -~]{1,64}(?<! )$/.test(name),
});

/** The name or number of a user or group. A number stays text: the system looks it up. */
export function account(placeholder: string): Kind<string, string | number> {
  const name = text({
    accepts: "a name or a number",
    placeholder,
    matches: (name) => /^([a-z_][a-z0-9_.-]*\$?|\d{1,9})$/i.test(name),
  });
  return {
    ...name,
    type: "string | number",
    // NaN would otherwise be a user of that name.
    parse: (given, machine) => name.parse(Number.isInteger(given) ? String(given) : given, machine),
  };
}

/** `user`, `user:group` or `:group`, as chown(1) takes them. */
export const owner: Kind<string, string> = text({
  accepts: "user, user:group or :group, each a name or a number",
  placeholder: "OWNER",
  matches: (text) => {
    const [user = "", group, ...more] = text.split(":");
    const isName = (name: string) => account("").parse(name, { cores: 1 }) !== undefined;
    return more.length === 0 && (user === "" ? group !== undefined : isName(user)) &&
      (group === undefined || isName(group));
  },
});

/** One address, or many by their first bits. */
export const ipRange: Kind<string, string> = text({
  accepts: "an IP address, a range such as 10.0.0.0/8, or *",
  placeholder: "RANGE",
  matches: isRange,
});

/** Several values in one text, as Gunicorn takes them. */
export function commaList(given: unknown): readonly unknown[] {
  const items = Array.isArray(given) ? given : [given];
  return items.flatMap((item) =>
    typeof item === "string" ? item.split(",").map((part) => part.trim()) : [item]
  );
}

export type Pair = readonly [key: string, value: string];

/** `KEY=VALUE`, where the value may be empty. */
export const pair: Kind<Pair, `${string}=${string}`> = {
  accepts: "KEY=VALUE, the key of letters, digits and _",
  type: "`${string}=${string}`",
  placeholder: "KEY=VALUE",
  parse(given) {
    const [, key, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^\0]*)$/.exec(String(given)) ?? [];
    return key === undefined || value === undefined ? undefined : [key, value];
  },
  show: ([key, value]) => `${key}=${value}`,
  plain: ([key, value]) => `${key}=${value}`,
};
