/** The files of a package, with modes that do not depend on the umask. */
export class FileTree {
  readonly #root: string;
  /** Of all files, as Debian counts an installed size. */
  kibibytes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async write(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    await Deno.chmod(this.#root, 0o755);
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const folder = `${this.#root}/${path.slice(0, end)}`;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.chmod(folder, 0o755);
    }
    const file = `${this.#root}/${path}`;
    await (typeof content === "string" ? Deno.writeTextFile(file, content) : Deno.writeFile(file, content));
    await Deno.chmod(file, mode);
    this.kibibytes += Math.ceil((await Deno.stat(file)).size / 1024);
  }
}
