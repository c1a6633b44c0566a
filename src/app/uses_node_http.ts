/** How a bundle names `node:http`: its package format does not matter, nor who of its packages does. */
const imported = /(?:\bfrom|\bimport|require\w*|getBuiltinModule)\s*\(?\s*["'`](?:node:)?https?["'`]/;

/** Whether a bundle may load `node:http` or `node:https`. */
export function usesNodeHttp(text: string): boolean {
  return imported.test(text);
}
