/** What the runtime keeps in its objects under symbols that it does not export, and which runtime this is. */

/** The symbol that `object` has under this description; `undefined` on a runtime that keeps it elsewhere. */
export function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
}

/** The value that `object` keeps under a symbol of this description. */
export function kept(object: unknown, description: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  const symbol = symbolOf(object, description);
  return symbol === undefined ? undefined : Reflect.get(object, symbol);
}

/** Deno 2.7, which the executable has; from source it is 2.9 or later. */
export const isDeno27 = Deno.version.deno.startsWith("2.7.");
