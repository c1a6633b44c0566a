import type { TestHost } from "./harness.ts";

/** A full pipe that is not read before `read` is called. */
export class FullPipe {
  readonly path: string;
  readonly #file: Deno.FsFile;
  text = "";
  #isClosed = false;

  constructor({ folder }: TestHost) {
    this.path = `${folder}/pipe`;
    new Deno.Command("mkfifo", { args: [this.path] }).outputSync();
    this.#file = Deno.openSync(this.path, { read: true, write: true });
    // The default capacity of a pipe, pipe(7).
    for (let page = 0; page < 16; page++) this.#file.writeSync(new Uint8Array(4_096).fill(0x2e));
  }

  /** From now on the pipe is read. */
  read(): void {
    void (async () => {
      const buffer = new Uint8Array(65_536);
      const decoder = new TextDecoder();
      while (!this.#isClosed) {
        const count = await this.#file.read(buffer);
        this.text += decoder.decode(buffer.subarray(0, count ?? 0), { stream: true });
      }
      this.#file.close();
    })();
  }

  /** The lines, without what filled the pipe before. */
  get lines(): string[] {
    return this.text.replace(/^\.+/, "").split("\n").slice(0, -1);
  }

  /** Ends the reader with a last byte. */
  close(): void {
    this.#isClosed = true;
    Deno.writeTextFileSync(this.path, "\n");
  }
}

/** The program with one of its streams connected to the pipe. */
export function writingTo(pipe: FullPipe, descriptor: 1 | 2, { target }: TestHost): readonly string[] {
  return ["sh", "-c", `exec "$@" ${descriptor}>'${pipe.path}'`, "sh", ...target.command];
}
