/**
 * Files that the app runs as Web Workers. In the binary the runtime can load no TypeScript and no packages for them, so
 * each gets a bundle, which is part of the app's: `new Worker(new URL("./x.ts", import.meta.url))` runs that in place of
 * the file.
 */

import type { Metafile } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import type { Files } from "../../system/system.ts";
import { absolutePath, directoryOf } from "../paths.ts";

const asUrl = /\bnew\s+URL\(\s*(["'`])([^"'`$:]+\.[cm]?[jt]sx?)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g;
const asResolved = /\bimport\.meta\.resolve\(\s*(["'`])(\.{0,2}\/[^"'`$:]+\.[cm]?[jt]sx?)\1\s*,?\s*\)/g;

/** The files that the module at `path` may run as Web Workers. */
export function threadFiles(files: Files, path: string, text: string): string[] {
  if (!/\bWorker\b/.test(text)) return [];
  return [asUrl, asResolved].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ([, , name = ""]) => name)
  )
    .map((name) => absolutePath(directoryOf(path), name))
    .filter((found) => files.stat(found)?.isFile === true);
}

/** One run of esbuild. */
export interface Run {
  readonly main: string;
  /** Files that it may run as Web Workers. */
  readonly threads: ReadonlySet<string>;
  readonly inputs: Metafile["inputs"];
  readonly exports: readonly string[];
  readonly warnings: readonly string[];
  /** Whether everything that it depends on is known. */
  readonly isCertain: boolean;
  /** The bundle, with those of its Web Workers. */
  readonly text: (threads: ReadonlyMap<string, string>) => string;
}

export class ThreadBundles {
  readonly runs: Run[] = [];
  readonly warnings: string[] = [];
  readonly #run: (path: string) => Promise<Run>;

  constructor(run: (path: string) => Promise<Run>) {
    this.#run = run;
  }

  /** The bundles of the Web Workers of `run`, which those of `above` have started. */
  async textsFor(run: Run, above: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const ancestors = [...above, run.main];
    for (const path of run.threads) {
      // One that starts itself again and again would be bundled without end.
      if (ancestors.includes(path)) continue;
      const text = await this.#textOf(path, ancestors);
      if (text !== undefined) texts.set(path, text);
    }
    return texts;
  }

  /** `undefined` if it cannot be bundled: then it fails when the app starts it, if it does. */
  async #textOf(path: string, above: readonly string[]): Promise<string | undefined> {
    let run;
    try {
      run = await this.#run(path);
    } catch (error) {
      if (!(error instanceof DenicornError) || !error.code.startsWith("app-")) throw error;
      this.warnings.push(`${error.message}: a Web Worker runs the file as it is`);
      return undefined;
    }
    this.runs.push(run);
    return run.text(await this.textsFor(run, above));
  }
}
