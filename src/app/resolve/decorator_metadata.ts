/**
 * With `emitDecoratorMetadata` TypeScript writes the types of what is decorated into the program, and frameworks such as
 * NestJS and TypeORM read them while the app runs. esbuild does not know that option, so the types are added to the
 * source as decorators of their own, which esbuild compiles with the others.
 */

import type { Message, Plugin } from "esbuild";
import { lazyModule } from "../../system/lazy_module.ts";
import { attempt } from "../../core/thrown.ts";
import type { Files } from "../../system/system.ts";
import { faultMessage } from "../fault.ts";
import { absolutePath, directoryOf, extensionOf, isPackageFile } from "../paths.ts";
import { type Addition, additionsTo } from "./class_types.ts";
import { packageNameOf } from "./specifiers.ts";
import { isInstalled } from "./package_version.ts";
import { DeclaredTypes, type Imported, type Node, typeFunction } from "./runtime_types.ts";

const parser = lazyModule(() => import("@babel/parser"));

/** Like TypeScript's helper: without the package `reflect-metadata` there is no place for the types. */
export const metadataFunctions = typeFunction +
  'const __denicorn_types = (key, types) => typeof Reflect.metadata === "function" ' +
  "? Reflect.metadata(key, types) : () => {};";

/** An import of which esbuild found nothing. */
export interface LostImport {
  readonly importer: string;
  /** The module that was not found. */
  readonly specifier: string | undefined;
  /** What a module lacks, and the path of that. */
  readonly lacks: { readonly name: string; readonly path: string } | undefined;
}

export class DecoratorMetadata {
  readonly #files: Files;
  readonly #isOn: boolean;
  readonly #additions = new Map<string, readonly Addition[]>();
  /** By their files: the imports that are there for the types. */
  readonly #used = new Map<string, ReadonlyMap<string, Imported>>();
  /** By their files: the names of those that turned out to have no value. */
  readonly #valueless = new Map<string, Set<string>>();

  constructor(files: Files, isOn: boolean) {
    this.#files = files;
    this.#isOn = isOn;
  }

  /** Reads the types in each module before another plugin loads it. */
  plugin(): Plugin {
    return {
      name: "denicorn-decorator-metadata",
      setup: (build) => {
        if (!this.#isOn) return;
        build.onLoad({ filter: /\.[cm]?tsx?$/, namespace: "file" }, async ({ path, with: attributes }) => {
          const isRead = attributes["type"] === undefined && !isPackageFile(path) &&
            this.#files.stat(path)?.isFile === true;
          const source = isRead ? this.#files.readTextSync(path) : "";
          if (!/@\s*[\w$(]/.test(source)) return null;
          try {
            const types = new DeclaredTypes(this.#valueless.get(path) ?? new Set());
            this.#additions.set(path, additionsTo(source, await parse(source, path), types));
            this.#used.set(path, types.used);
            return null;
          } catch (error) {
            return { errors: [syntaxError(error, source, path)] };
          }
        });
      },
    };
  }

  /** Whether each name has a value, so that another build of the same files will find the same. */
  get isCertain(): boolean {
    return this.#valueless.size === 0;
  }

  /**
   * What TypeScript imports for its types alone may have no value, such as an interface: then esbuild does not find it,
   * or not its module. Returns whether another build may succeed without the values of `lost`.
   */
  withdraw(lost: readonly LostImport[]): boolean {
    if (!this.#isOn) return false;
    const changes = lost.flatMap(({ importer, specifier, lacks }) => {
      // The user may not look everywhere: then it is the import that fails.
      const isType = attempt(
        () =>
          specifier !== undefined
            ? this.#isDeclared(specifier, importer)
            : lacks !== undefined && this.#isNamed(lacks.name, lacks.path),
        false,
      );
      if (!isType) return [];
      const valueless = this.#valueless.get(importer) ?? new Set();
      const found = [...this.#used.get(importer) ?? []]
        .filter(([, imported]) =>
          specifier !== undefined ? imported.specifier === specifier : imported.name === lacks?.name
        )
        .filter(([local]) => !valueless.has(local));
      found.forEach(([local]) => valueless.add(local));
      if (found.length > 0) this.#valueless.set(importer, valueless);
      return found;
    });
    return changes.length > 0;
  }

  /** Whether a module may have declarations only. A wrong path has none. */
  #isDeclared(specifier: string, importer: string): boolean {
    if (!/^\.{0,2}\//.test(specifier)) return isInstalled(this.#files, packageNameOf(specifier), importer);
    const path = absolutePath(directoryOf(importer), specifier).replace(/(\.d)?\.[cm]?[jt]s$/, "");
    return [`${path}.d.ts`, `${path}/index.d.ts`].some((file) => this.#files.stat(file)?.isFile === true);
  }

  /** Whether a module may declare the name. A wrong name is nowhere in it. */
  #isNamed(name: string, path: string): boolean {
    if (isPackageFile(path) || this.#files.stat(path)?.isFile !== true) return isPackageFile(path);
    const text = this.#files.readTextSync(path);
    return text.includes(name) || /\bexport\s*\*/.test(text);
  }

  /** The text of the module with the types. */
  edit(path: string, text: string): string {
    let edited = text;
    for (const { fromEnd, text: added } of this.#additions.get(path) ?? []) {
      const at = edited.length - fromEnd;
      edited = edited.slice(0, at) + added + edited.slice(at);
    }
    return edited;
  }
}

/** Whether a message is about a type without a value, as `namespace.Interface`: that is `Object`. */
export function isAboutTypes({ id, location }: Message): boolean {
  if (id !== "import-is-undefined" || location === null) return false;
  const before = new TextEncoder().encode(location.lineText).subarray(0, location.column);
  return /__denicorn_type\(\(\) => [^()]*$/.test(new TextDecoder().decode(before));
}

async function parse(source: string, path: string): Promise<Node> {
  const { parse } = await parser();
  const isTsx = extensionOf(path) === ".tsx";
  const { program } = parse(source, {
    sourceType: "unambiguous",
    // esbuild reports what is wrong; what it accepts must be accepted here.
    errorRecovery: true,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    attachComment: false,
    plugins: ["typescript", "decorators-legacy", ...(isTsx ? ["jsx"] as const : [])],
  });
  return program as unknown as Node;
}

function syntaxError(error: unknown, source: string, file: string) {
  const { message, loc } = error as Error & { loc?: { line: number; column: number } };
  const text = message.replace(/ \(\d+:\d+\)$/, "");
  const fault = faultMessage({ code: "app-syntax", text, path: file });
  if (loc === undefined) return fault;
  const { line } = loc;
  const lineText = source.split("\n")[line - 1] ?? "";
  const column = new TextEncoder().encode(lineText.slice(0, loc.column)).length;
  return { ...fault, location: { file, line, column, lineText } };
}
