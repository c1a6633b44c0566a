/** What a bundle uses of Node, where loading it takes time that other apps need not spend. */

/** How a bundle names `node:http`: its package format does not matter, nor who of its packages does. */
const imported = /(?:\bfrom|\bimport|require\w*|getBuiltinModule)\s*\(?\s*["'`](?:node:)?https?["'`]/;

/** Whether a bundle may load `node:http` or `node:https`. */
export function usesNodeHttp(text: string): boolean {
  return imported.test(text);
}

/** Not `process.getBuiltinModule` alone, which stands in every bundle. */
const listening =
  /\bprocess\d*\s*\??\.\s*(?:on|once|addListener|prependListener|prependOnceListener)\b|["'`](?:node:)?process["'`]/;

/** Whether a bundle may listen to events of `process`. To load `process` takes 50 ms on Deno 2.9. */
export function listensToProcess(text: string): boolean {
  return listening.test(text);
}

/** Also of an import of it, which the bundler may have given a longer name. */
const sending = /(?:\b|_)process\w*(?:\.default)?\s*\??\.\s*send\b/;

/** Whether a bundle may send messages to the process that started it. */
export function sendsToParent(text: string): boolean {
  return sending.test(text);
}
