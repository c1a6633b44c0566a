/** Archives whose bytes depend on nothing but names, modes and contents of files, and one date. */
import { run } from "./workspace.ts";

export interface ArchiveOptions {
  /** Seconds since 1970, for all files. */
  readonly date: string;
  /** 0 does not compress. */
  readonly level?: number;
}

/** Archives the folder `name` of `dir` as `file`. */
export async function writeArchive(
  file: string,
  dir: string,
  name: string,
  { date, level = 6 }: ArchiveOptions,
): Promise<void> {
  const unowned = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", `--mtime=@${date}`];
  const compress = level === 0 ? [] : [`--use-compress-program=gzip --no-name -${level}`];
  await run("tar", ["-C", dir, ...unowned, "--mode=u+rwX,go+rX,go-w,a-s", ...compress, "-cf", file, name]);
}
