/**
 * Paths and `file:` URLs, for the master and workers. Not by `node:path`, which Deno loads on first use (6 to 40 ms from
 * source), nor by deno-std, which takes 2.5 ms and lacks type declarations.
 */

/** The `file:` URL of an absolute path, escaped as the runtime itself escapes `import.meta.url`. */
export function fileUrl(path: string): string {
  const url = new URL("file:///");
  // The setter escapes everything else; these it would take for an escape or a separator, or drop.
  url.pathname = path.replace(/[%\\\n\r\t]/g, encodeURIComponent);
  return url.href;
}

export function filePath(url: string): string {
  return decodeURIComponent(new URL(url).pathname);
}

export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** With the dot, in lower case; empty when there is none. */
export function extensionOf(path: string): string {
  return /[^/](\.[^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}

/** `path` as seen from `directory`, without `.` and `..`. */
export function absolutePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** `path` as messages show it: relative if it is below the working directory. */
export function shownPath(workingDirectory: string, path: string): string {
  const root = workingDirectory === "/" ? "/" : `${workingDirectory}/`;
  return path.startsWith(root) ? path.slice(root.length) : path;
}

/** `directory` and all above it, nearest first. */
export function* upwardFrom(directory: string): Iterable<string> {
  for (let at = directory;; at = directoryOf(at)) {
    yield at;
    if (at === "/") return;
  }
}

/** Whether the file belongs to an installed package: import maps do not apply there. */
export function isPackageFile(path: string): boolean {
  return path.includes("/node_modules/");
}
