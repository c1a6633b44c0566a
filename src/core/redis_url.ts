/** Where a server of Redis is, from its URL. Each use has parameters of its own in the query, which is left to it. */

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly isEncrypted: boolean;
  /** The URL without user, password and query. */
  readonly place: string;
}

const defaultPort = 6379;

function redisPlace({ protocol, hostname, port, pathname }: URL): string {
  return `${protocol}//${hostname}:${port || defaultPort}${pathname === "/" ? "" : pathname}`;
}

/**
 * `parameters`: what its query may have. Throws RangeError for a text that is no URL of a server of Redis, with the mistake,
 * a colon, and what to do.
 */
export function redisUrl(text: string, parameters: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "") {
    throw new RangeError("no server is named: give redis://HOST:PORT");
  }
  const given = [...url.searchParams.keys()];
  // Before a message shows a part of it.
  if ([url.pathname, url.hash, ...given].some((part) => part.includes("@"))) {
    throw new RangeError("its user or password has a /, ? or #: write it as %2F, %3F or %23");
  }
  if (url.search.includes("@")) {
    throw new RangeError("its user or password has a ?, or its query an @: write them as %3F and %40");
  }
  for (const [index, name] of given.entries()) {
    if (!parameters.includes(name)) {
      const known = parameters.map((known) => `?${known}=`).join(", ");
      throw new RangeError(`?${name}= is not known: give ${known}`);
    }
    if (given.indexOf(name) < index) throw new RangeError(`?${name}= is given twice: give one`);
  }
  if (url.hash !== "") throw new RangeError("it ends with a fragment: leave out what follows #");
  return url;
}

/** Throws RangeError with what is wrong, without the place, for a database or a password that cannot be read. */
export function redisServer(url: URL): RedisServer {
  const database = url.pathname.replace(/^\//, "") || "0";
  if (!/^\d{1,5}$/.test(database)) {
    throw new RangeError(`/${database} is no number of a database: give /0`);
  }
  return {
    // Where a connection goes, an address of IPv6 has no brackets.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || defaultPort),
    username: decoded(url.username),
    password: decoded(url.password),
    database: Number(database),
    isEncrypted: url.protocol === "rediss:",
    place: redisPlace(url),
  };
}

function decoded(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError("its user or password has a % that begins no code: write it as %25");
  }
}
