/**
 * Import maps as in `deno.json`: `imports` and `scopes` by the rules of HTML; in addition, a bare name that is mapped to
 * an `npm:` or `jsr:` package also maps its subpaths.
 */

import { asRecord } from "../jsonc.ts";

export interface ImportMap {
  readonly imports: Addresses;
  /** Longest prefix first. */
  readonly scopes: readonly { readonly prefix: string; readonly imports: Addresses }[];
}

/** From a specifier, or a prefix that ends in `/`, to a URL or bare specifier. */
type Addresses = ReadonlyMap<string, string>;

/** The map in the `imports` and `scopes` of `source`, whose paths are relative to the URL `base`. */
export function parseImportMap(source: Readonly<Record<string, unknown>>, base: string): ImportMap {
  const scopes = Object.entries(asRecord(source["scopes"]) ?? {})
    .map(([prefix, imports]) => ({
      prefix: new URL(prefix, base).href,
      imports: parseAddresses(imports, base),
    }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return { imports: parseAddresses(source["imports"], base), scopes };
}

/** Maps `specifier`, written in the file at the URL `importer`; `undefined` when the map does not mention it. */
export function resolveMapped(map: ImportMap, specifier: string, importer: string): string | undefined {
  const key = normalized(specifier, importer);
  for (const { prefix, imports } of map.scopes) {
    if (prefix !== importer && !(prefix.endsWith("/") && importer.startsWith(prefix))) continue;
    const address = match(imports, key);
    if (address !== undefined) return address;
  }
  return match(map.imports, key);
}

/** Whether the map changes the meaning of `./x`, `/x` or `https://x`, not only of bare names. */
export function mapsUrls(map: ImportMap): boolean {
  return [map, ...map.scopes].some(({ imports }) =>
    [...imports.keys()].some((key) => key.startsWith("file:"))
  );
}

function parseAddresses(source: unknown, base: string): Addresses {
  const addresses = new Map<string, string>();
  for (const [specifier, address] of Object.entries(asRecord(source) ?? {})) {
    if (typeof address !== "string") continue;
    const key = normalized(specifier, base);
    if (key.endsWith("/") && !address.endsWith("/")) continue;
    addresses.set(key, isRelative(address) ? new URL(address, base).href : address);
  }
  for (const [key, address] of [...addresses]) {
    const isPackage = /^(npm|jsr):/.test(address) && !key.endsWith("/");
    if (isPackage && !addresses.has(`${key}/`)) addresses.set(`${key}/`, `${address}/`);
  }
  return addresses;
}

function match(imports: Addresses, key: string): string | undefined {
  const exact = imports.get(key);
  if (exact !== undefined) return exact;
  // Finds the longest prefix in the map: cuts the key at each slash, from its end.
  for (
    let slash = key.lastIndexOf("/");
    slash !== -1;
    slash = slash === 0 ? -1 : key.lastIndexOf("/", slash - 1)
  ) {
    const prefix = imports.get(key.slice(0, slash + 1));
    if (prefix !== undefined) return prefix + key.slice(slash + 1);
  }
  return undefined;
}

function normalized(specifier: string, base: string): string {
  return isRelative(specifier) ? new URL(specifier, base).href : specifier;
}

function isRelative(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier);
}
