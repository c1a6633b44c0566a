/**
 * Paths and `file:` URLs. `node:path` would do, but Deno loads it on first use (6 to 40 ms from source), and
 * workers import the files that need this.
 */

/** The `file:` URL of an absolute path, escaped as the runtime itself escapes `import.meta.url`. */
export function fileUrl(path: string): string {
  const url = new URL("file:///");
  // The setter escapes the rest; these it would read as an escape, a separator or nothing at all.
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

/** `path` as seen from `directory`; `.` and `..` are taken out. */
export function absolutePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** How messages name a file: relative when it lies below the working directory. */
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

/** Whether the file came with a package: import maps do not reach in there. */
export function isPackageFile(path: string): boolean {
  return path.includes("/node_modules/");
}
