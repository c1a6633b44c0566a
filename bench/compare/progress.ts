/** One line on a terminal that shows what runs; elsewhere, a line whenever the cell changes. */

export class Progress {
  readonly #total: number;
  readonly #began = performance.now();
  readonly #isTerminal = Deno.stderr.isTerminal();
  #done = 0;
  #cell = "";

  /** `total` is the number of steps. */
  constructor(total: number) {
    this.#total = total;
  }

  step(text: string): void {
    const seconds = Math.round((performance.now() - this.#began) / 1_000);
    const line = `[${this.#done++}/${this.#total}, ${seconds} s] ${text}`;
    const cell = text.split(": round")[0]!;
    if (this.#isTerminal) this.#write(`\r\x1b[K${line}`);
    else if (cell !== this.#cell) this.#write(`${line}\n`);
    this.#cell = cell;
  }

  end(): void {
    if (this.#isTerminal) this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
