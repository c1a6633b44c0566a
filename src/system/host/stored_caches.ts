/** `caches` in a database: what the runtime's own caches do, which need a place that a compiled program does not have. */

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

/** The headers of a request that the `Vary` of a response names, with their values. */
type Variant = readonly (readonly [name: string, value: string | null])[];

type Row = Readonly<Record<string, SQLOutputValue>>;

const noBody = [101, 204, 205, 304];

/** From now on `caches` stores in the database that `open` returns. */
export function storeCaches(open: () => DatabaseSync): void {
  const names = () =>
    open().prepare("SELECT name FROM caches ORDER BY rowid").all().map(({ name }) => String(name));
  const methods: Record<string, (...args: never[]) => Promise<unknown>> = {
    open(name: unknown) {
      return Promise.try(() => {
        open().prepare("INSERT OR IGNORE INTO caches VALUES (?)").run(String(name));
        return new StoredCache(open, String(name));
      });
    },
    has: (name: unknown) => Promise.try(() => names().includes(String(name))),
    delete(name: unknown) {
      return Promise.try(() => {
        open().prepare("DELETE FROM responses WHERE cache = ?").run(String(name));
        return open().prepare("DELETE FROM caches WHERE name = ?").run(String(name)).changes > 0;
      });
    },
    keys: () => Promise.try(names),
    async match(request: RequestInfo | URL) {
      for (const name of names()) {
        const found = await new StoredCache(open, name).match(request);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(CacheStorage.prototype, name, { value, configurable: true, writable: true });
  }
}

class StoredCache {
  readonly #open: () => DatabaseSync;
  readonly #name: string;

  static {
    Object.setPrototypeOf(StoredCache.prototype, Cache.prototype);
  }

  constructor(open: () => DatabaseSync, name: string) {
    this.#open = open;
    this.#name = name;
  }

  async put(input: RequestInfo | URL, response: Response): Promise<void> {
    const request = new Request(input);
    if (!/^https?:/.test(request.url)) {
      throw new TypeError("cannot store a response: its URL is not one of HTTP");
    }
    if (request.method !== "GET") throw new TypeError("cannot store a response: its request is not a GET");
    if (response.status === 206) throw new TypeError("cannot store a response: its status is 206");
    const vary = namesIn(response.headers.get("vary"));
    if (vary.includes("*")) throw new TypeError("cannot store a response: its Vary is *");
    if (response.bodyUsed) throw new TypeError("cannot store a response: its body has been read");
    const body = new Uint8Array(await response.arrayBuffer());
    const variant: Variant = vary.map((name) => [name, request.headers.get(name)]);
    this.#remove(request);
    this.#open().prepare("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?)").run(
      this.#name,
      urlOf(request),
      JSON.stringify(variant),
      response.status,
      response.statusText,
      JSON.stringify([...response.headers]),
      body,
    );
  }

  match(input: RequestInfo | URL): Promise<Response | undefined> {
    return Promise.try(() => {
      const [found] = this.#matching(new Request(input));
      return found === undefined ? undefined : responseOf(found);
    });
  }

  delete(input: RequestInfo | URL): Promise<boolean> {
    return Promise.try(() => this.#remove(new Request(input)));
  }

  keys(): Promise<Request[]> {
    return Promise.try(() =>
      this.#open().prepare("SELECT url, vary FROM responses WHERE cache = ? ORDER BY rowid").all(this.#name)
        .map(({ url, vary }) =>
          new Request(String(url), {
            headers: variantIn(vary).flatMap(([name, value]) => value === null ? [] : [[name, value]]),
          })
        )
    );
  }

  #matching(request: Request): Row[] {
    if (request.method !== "GET") return [];
    return this.#open().prepare("SELECT rowid, * FROM responses WHERE cache = ? AND url = ?")
      .all(this.#name, urlOf(request))
      .filter(({ vary }) => variantIn(vary).every(([name, value]) => request.headers.get(name) === value));
  }

  #remove(request: Request): boolean {
    const found = this.#matching(request);
    const remove = this.#open().prepare("DELETE FROM responses WHERE rowid = ?");
    for (const { rowid } of found) remove.run(rowid ?? null);
    return found.length > 0;
  }
}

function urlOf({ url }: Request): string {
  return url.split("#", 1)[0]!;
}

function namesIn(vary: string | null): string[] {
  return (vary ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== "")
    .sort();
}

function variantIn(vary: SQLOutputValue | undefined): Variant {
  return JSON.parse(String(vary));
}

function responseOf({ status, status_text: statusText, headers, body }: Row): Response {
  const bytes = noBody.includes(Number(status)) ? null : body as Uint8Array<ArrayBuffer>;
  return new Response(bytes, {
    status: Number(status),
    statusText: String(statusText),
    headers: JSON.parse(String(headers)),
  });
}
