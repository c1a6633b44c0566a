/**
 * Files and imports that cannot be bundled, but that plain Deno meets only when the app reaches them: what a pattern in
 * `import()` or `require()` matches besides modules, a file that only some cases require. Each is replaced by a module
 * that throws, and the app is bundled once more. What the app imports at its start stays an error.
 */

import type { Message, Metafile, Plugin, PluginBuild } from "esbuild";
import { type Fault, faultProperty, type ThrownFault } from "../fault.ts";
import { absolutePath, directoryOf, isPackageFile } from "../paths.ts";
import { type BuildPlace, described, faultIn, placeOfMessage } from "./bundle_failure.ts";
import { LostPatterns } from "./lost_patterns.ts";

/** Modules that throw in place of imports that cannot be resolved. */
const namespace = "denicorn-late";

interface LateFault {
  readonly message: Message;
  readonly fault: Fault;
  /** The file, or the name of the module that takes the place of an import. */
  readonly input: string;
}

export class LateFaults {
  readonly #place: BuildPlace;
  readonly #files = new Map<string, LateFault>();
  readonly #imports = new Map<string, LateFault>();
  readonly #patterns = new LostPatterns();
  /** Those of the imports that were resolved after all. */
  readonly #resolved = new Set<LateFault>();

  constructor(place: BuildPlace) {
    this.#place = place;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0 && this.#imports.size === 0 && this.#patterns.isEmpty;
  }

  /** Whether all these errors can wait until the app reaches what they are about, and another build may find no others. */
  defer(errors: readonly Message[]): boolean {
    const { entry, root } = this.#place;
    for (const message of errors) {
      if (this.#patterns.add(message, root)) continue;
      const fault = faultIn(message, this.#place);
      const importer = message.location === null ? undefined : absolutePath(root, message.location.file);
      if (fault.specifier !== undefined && importer !== undefined) {
        const key = importKey(fault.specifier, importer);
        if (this.#imports.has(key)) return false;
        this.#imports.set(key, { message, fault, input: `${namespace}:${key}` });
        continue;
      }
      const path = fault.path ?? importer;
      if (path === undefined || path === entry || this.#files.has(path)) return false;
      this.#files.set(path, { message, fault, input: path });
    }
    return errors.length > 0;
  }

  /** The text of a module with patterns that esbuild takes for computed names. */
  edit(path: string, text: string): string {
    return this.#patterns.edit(path, text);
  }

  /** The errors that the app meets at its start, because nothing but `import` leads from the entry to them. */
  atStart(inputs: Metafile["inputs"]): Message[] {
    const eager = eagerInputs(inputs, this.#place);
    return this.#all.filter(({ input }) => eager.has(input)).map(({ message }) => message);
  }

  /** Imports of the app's own files that will fail when they are reached: probably mistakes. */
  warnings(): string[] {
    const isOwn = ({ location }: Message) =>
      !isPackageFile(absolutePath(this.#place.root, location?.file ?? ""));
    return [...this.#imports.values()]
      .filter((late) => !this.#resolved.has(late) && isOwn(late.message))
      .map(({ message }) => `${described(message, this.#place)}: the import fails when it is reached`);
  }

  plugin(): Plugin {
    return {
      name: "denicorn-late-faults",
      setup: (build) => {
        if (this.isEmpty) return;
        build.onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir }) => {
          const late = this.#imports.get(importKey(path, importer));
          if (late === undefined) return null;
          const { target = path } = late.fault;
          const found = await resolveAsNode(build, target, { importer, kind, resolveDir });
          if (found === undefined) return { path: importKey(path, importer), namespace };
          this.#resolved.add(late);
          return { path: found };
        });
        build.onLoad({ filter: /./, namespace }, ({ path: key }) => {
          const late = this.#imports.get(key);
          return late === undefined
            ? null
            : this.#thrower(late, `Cannot find module '${late.fault.specifier}'`);
        });
        build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
          const late = this.#files.get(path);
          return late === undefined ? null : this.#thrower(late, "Cannot load a module");
        });
      },
    };
  }

  get #all(): LateFault[] {
    return [...this.#files.values(), ...this.#imports.values()];
  }

  #thrower({ message, fault: { code, text, specifier } }: LateFault, title: string) {
    const thrown: ThrownFault = {
      code,
      text,
      place: specifier === undefined ? placeOfMessage(message, this.#place) : null,
    };
    const error = `new Error(${JSON.stringify(`${title}: ${text}`)})`;
    const properties = `{ code: "MODULE_NOT_FOUND" }`;
    const hidden = `{ value: ${JSON.stringify(thrown)} }`;
    return {
      // CommonJS, which throws again at each attempt; an ES module would only throw at the first one.
      contents:
        `module.exports = (() => { throw Object.defineProperty(Object.assign(${error}, ${properties}), ` +
        `"${faultProperty}", ${hidden}); })();`,
      loader: "js",
    } as const;
  }
}

function importKey(specifier: string, importer: string): string {
  return `${specifier} in ${importer}`;
}

/** The files and generated modules that are evaluated before the app is loaded, by `import` alone. */
function eagerInputs(inputs: Metafile["inputs"], { entry, root }: BuildPlace): ReadonlySet<string> {
  const nameOf = (name: string) => /^[\w-]+:/.test(name) ? name : absolutePath(root, name);
  const byName = new Map(Object.entries(inputs).map(([name, input]) => [nameOf(name), input]));
  const eager = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (eager.has(name)) continue;
    eager.add(name);
    for (const { path, kind, external } of byName.get(name)?.imports ?? []) {
      if (kind === "import-statement" && external !== true) waiting.push(nameOf(path));
    }
  }
  return eager;
}

type Lookup = Parameters<Parameters<PluginBuild["onResolve"]>[1]>[0];

/**
 * What esbuild finds without the condition `deno`, which names a file that a package lacks if only the files that Node
 * needs were copied.
 */
async function resolveAsNode(
  { esbuild }: PluginBuild,
  target: string,
  from: Pick<Lookup, "importer" | "kind" | "resolveDir">,
): Promise<string | undefined> {
  if (/^[./]|:/.test(target)) return undefined;
  let found: string | undefined;
  await esbuild.build({
    entryPoints: ["lookup"],
    bundle: true,
    write: false,
    logLevel: "silent",
    platform: "node",
    conditions: [],
    // Not what a tsconfig.json makes of it, which counts only where the app's own does.
    tsconfigRaw: {},
    absWorkingDir: directoryOf(from.importer),
    plugins: [{
      name: "denicorn-lookup",
      setup(build) {
        build.onResolve({ filter: /./ }, async ({ kind }) => {
          if (kind !== "entry-point") return null;
          const { path: resolved, errors, external } = await build.resolve(target, from);
          if (errors.length === 0 && !external) found = resolved;
          return { path: "lookup", namespace };
        });
        build.onLoad({ filter: /./, namespace }, () => ({ contents: "" }));
      },
    }],
  });
  return found;
}
