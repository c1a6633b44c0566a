/** What an app reads about its own process: the runtime would describe Denicorn. */

/** From now on `Deno.mainModule` is `url` and `Deno.args` are `args`. */
export function presentAs(url: string, args: readonly string[]): void {
  const values = { mainModule: url, args: Object.freeze([...args]) };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(Deno, name, { value, enumerable: true, configurable: true });
  }
}
