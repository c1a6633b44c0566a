/** The members of a Deno workspace import each other by name, through the `exports` of their `deno.json`. */

import type { Files } from "../../system/system.ts";
import { asRecord } from "../jsonc.ts";
import { absolutePath, directoryOf, fileUrl } from "../paths.ts";

/**
 * An import map's `imports` for the members of the workspace at `root`: `@acme/lib` leads to the file that
 * `exports` of its `deno.json` names. `readConfig` gives the `deno.json` of a directory.
 */
export function workspaceMembers(
  files: Files,
  root: string,
  workspace: unknown,
  readConfig: (directory: string) => Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  const imports: Record<string, string> = {};
  for (const directory of memberDirectories(files, root, workspace)) {
    const { name, exports } = readConfig(directory) ?? {};
    if (typeof name !== "string") continue;
    for (
      const [subpath, file] of Object.entries(
        typeof exports === "string" ? { ".": exports } : asRecord(exports) ?? {},
      )
    ) {
      if (typeof file === "string") imports[name + subpath.slice(1)] = fileUrl(absolutePath(directory, file));
    }
  }
  return imports;
}

function memberDirectories(files: Files, root: string, workspace: unknown): string[] {
  const patterns = Array.isArray(workspace) ? workspace : asRecord(workspace)?.["members"];
  if (!Array.isArray(patterns)) return [];
  return patterns.filter((pattern) => typeof pattern === "string").flatMap((pattern) => {
    const path = absolutePath(root, pattern);
    if (!path.endsWith("/*")) return [path];
    const parent = directoryOf(path);
    return files.stat(parent)?.isDirectory ? files.list(parent).map((name) => `${parent}/${name}`) : [];
  });
}
