/** Files that remember what was asked of them. */

import type { Files } from "../../system/system.ts";

export interface Traced {
  readonly read: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  readonly listed: ReadonlySet<string>;
}

export function traceFiles(files: Files): { readonly files: Files; readonly traced: Traced } {
  const read = new Set<string>();
  const asked = new Set<string>();
  const listed = new Set<string>();
  const tracing = <Result>(paths: Set<string>, ask: (path: string) => Result) => (path: string): Result => {
    paths.add(path);
    return ask(path);
  };
  return {
    traced: { read, asked, listed },
    files: {
      ...files,
      readText: tracing(read, files.readText),
      readTextSync: tracing(read, files.readTextSync),
      readBytes: tracing(read, files.readBytes),
      readBytesSync: tracing(read, files.readBytesSync),
      stat: tracing(asked, files.stat),
      lstat: tracing(asked, files.lstat),
      realPath: tracing(asked, files.realPath),
      list: tracing(listed, files.list),
      entries: tracing(listed, files.entries),
    },
  };
}
