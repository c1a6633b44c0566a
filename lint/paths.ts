const root = new URL("../", import.meta.url).href;

/**
 * Where a file is, from the root of the repository; `undefined` outside of it. With a specifier, the file that
 * one imports by it.
 */
export function pathOf(filename: string, specifier = ""): string | undefined {
  const { href } = new URL(specifier, `file://${filename}`);
  return href.startsWith(root) ? href.slice(root.length) : undefined;
}
