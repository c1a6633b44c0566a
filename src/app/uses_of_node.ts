/** What a bundle uses of Node, where loading it takes time that other apps need not spend. */

/** How a bundle names `node:http`: its package format does not matter, nor who of its packages does. */
const imported = /(?:\bfrom|\bimport|require\w*|getBuiltinModule)\s*\(?\s*["'`](?:node:)?https?["'`]/;

/**
 * What a bundle loads from `node_modules` while it runs may use anything: packages left out of it, and what is required
 * by `createRequire` or by a computed name. Not `createRequire` as the first line of bundles has it.
 */
const loading =
  /\b__denicorn_load\("|(?<!getBuiltinModule\("node:module"\)\.)\bcreateRequire\b|\b__require\((?!["'`])/;

/** Whether a bundle loads packages while it runs. */
export function loadsPackages(text: string): boolean {
  return loading.test(text);
}

/** Whether a bundle may load `node:http` or `node:https`. */
export function usesNodeHttp(text: string): boolean {
  return imported.test(text) || loadsPackages(text);
}

/** Not `process.getBuiltinModule` alone, which stands in every bundle. */
const listening =
  /\bprocess\d*\s*\??\.\s*(?:on|once|addListener|prependListener|prependOnceListener)\b|["'`](?:node:)?process["'`]/;

/** Whether a bundle may listen to events of `process`. To load `process` takes 50 ms on Deno 2.9. */
export function listensToProcess(text: string): boolean {
  return listening.test(text) || loadsPackages(text);
}

/** Also of an import of it, which the bundler may have given a longer name. */
const sending = /(?:\b|_)process\w*(?:\.default)?\s*\??\.\s*send\b/;

/** Whether a bundle may send messages to the process that started it. */
export function sendsToParent(text: string): boolean {
  return sending.test(text);
}
