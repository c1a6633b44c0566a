/** See `Files.watch`. Calls `onChange` with the absolute paths that change in `directories`, not below them. Throws the error of the system. */
export function watchDirectories(
  directories: readonly string[],
  onChange: (paths: readonly string[]) => void,
  onFailure: (error: unknown) => void,
): () => void {
  if (directories.length === 0) return () => {};
  const watcher = Deno.watchFs([...directories], { recursive: false });
  const follow = async () => {
    for await (const { kind, paths } of watcher) {
      if (kind !== "access") onChange(paths);
    }
  };
  follow().catch(onFailure);
  return () => watcher.close();
}
