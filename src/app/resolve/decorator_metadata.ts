/**
 * With `emitDecoratorMetadata` TypeScript writes the types of what is decorated into the program, and frameworks such as
 * NestJS and TypeORM read them while the app runs. esbuild does not know that option, so the types are added to the
 * source as decorators of their own, which esbuild compiles with the others.
 */

import type { Plugin } from "esbuild";
import { lazyModule } from "../../system/lazy_module.ts";
import type { Files } from "../../system/system.ts";
import { faultMessage } from "../fault.ts";
import { extensionOf, isPackageFile } from "../paths.ts";
import { DeclaredTypes, type Node, typeFunction } from "./runtime_types.ts";

const parser = lazyModule(() => import("@babel/parser"));

/** Like TypeScript's helper: without the package `reflect-metadata` there is no place for the types. */
export const metadataFunctions = typeFunction +
  'const __denicorn_types = (key, types) => typeof Reflect.metadata === "function" ' +
  "? Reflect.metadata(key, types) : () => {};";

/** Text to insert. */
interface Addition {
  /** Counted from the end of the source, which stays the same when another plugin adds text before the first line. */
  readonly fromEnd: number;
  readonly text: string;
}

export class DecoratorMetadata {
  readonly #files: Files;
  readonly #isOn: boolean;
  readonly #additions = new Map<string, readonly Addition[]>();

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
            this.#additions.set(path, additionsTo(source, await parse(source, path)));
            return null;
          } catch (error) {
            return { errors: [syntaxError(error, source, path)] };
          }
        });
      },
    };
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

/** In their order in the source. */
function additionsTo(source: string, program: Node): Addition[] {
  const types = new DeclaredTypes();
  const classes: Node[] = [];
  walk(program, (node) => {
    types.add(node);
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") classes.push(node);
  });
  return classes
    .flatMap((
      node,
    ) => [classTypes(node, types), ...membersOf(node).map((member) => memberTypes(member, types))])
    .flatMap((found) => found === undefined ? [] : [addition(found, source)])
    .sort((a, b) => b.fromEnd - a.fromEnd);
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value &&
    typeof value.type === "string";
}

/** What a class or member gets, and where. */
interface Typed {
  readonly decorated: Node;
  readonly parameters: readonly Node[];
  /** Expressions by their keys. */
  readonly types: Readonly<Record<string, string>>;
}

function membersOf(node: Node): readonly Node[] {
  const { body } = node.body as Node;
  return Array.isArray(body) ? body : [];
}

function classTypes(node: Node, types: DeclaredTypes): Typed | undefined {
  const constructor = membersOf(node).find(({ type, kind }) =>
    type === "ClassMethod" && kind === "constructor"
  );
  if (constructor === undefined) return undefined;
  const parameters = parametersOf(constructor);
  if (!hasDecorators(node) && !parameters.some(hasDecorators)) return undefined;
  return { decorated: node, parameters, types: { "design:paramtypes": listOf(parameters, types) } };
}

function memberTypes(member: Node, types: DeclaredTypes): Typed | undefined {
  const { type, kind } = member;
  const isMethod = type === "ClassMethod" && kind !== "constructor";
  const parameters = isMethod ? parametersOf(member) : [];
  if (kind === "constructor" || (!hasDecorators(member) && !parameters.some(hasDecorators))) return undefined;
  if (!isMethod) {
    const value = types.valueOf(member.typeAnnotation);
    return { decorated: member, parameters, types: { "design:type": value } };
  }
  const list = { "design:paramtypes": listOf(parameters, types) };
  const [first] = parameters;
  switch (kind) {
    case "get":
      return {
        decorated: member,
        parameters,
        types: { "design:type": types.valueOf(member.returnType), ...list },
      };
    case "set":
      return {
        decorated: member,
        parameters,
        types: { "design:type": first === undefined ? "Object" : parameterType(first, types), ...list },
      };
    default:
      return {
        decorated: member,
        parameters,
        types: {
          "design:type": "Function",
          ...list,
          "design:returntype": member.returnType
            ? types.valueOf(member.returnType)
            : member.async === true
            ? "Promise"
            : "void 0",
        },
      };
  }
}

/**
 * TypeScript applies the types before all other decorators, also those of parameters, which read them. Decorators are
 * applied from the last one to the first one, and those of parameters before those of the method or class.
 */
function addition({ decorated, parameters, types }: Typed, source: string): Addition {
  const decorators = Object.entries(types).map(([key, value]) => `@__denicorn_types("${key}", ${value})`)
    .join(" ");
  const target = parameters.at(-1) ?? decorated;
  const end = Math.max(-1, ...decoratorsOf(target).map((decorator) => decorator.end));
  return end === -1
    ? { fromEnd: source.length - target.start, text: `${decorators} ` }
    : { fromEnd: source.length - end, text: ` ${decorators}` };
}

/** TypeScript's parameter `this` is none at run time. */
function parametersOf({ params = [] }: Node): readonly Node[] {
  return params.filter(({ type, name }) => type !== "Identifier" || name !== "this");
}

function decoratorsOf({ decorators, left }: Node): readonly Node[] {
  return decorators ?? left?.decorators ?? [];
}

function hasDecorators(node: Node): boolean {
  return decoratorsOf(node).length > 0;
}

function listOf(parameters: readonly Node[], types: DeclaredTypes): string {
  return `[${parameters.map((parameter) => parameterType(parameter, types)).join(", ")}]`;
}

function parameterType(node: Node, types: DeclaredTypes): string {
  switch (node.type) {
    case "TSParameterProperty":
      return node.parameter === undefined ? "Object" : parameterType(node.parameter, types);
    case "AssignmentPattern":
      return node.left === undefined ? "Object" : parameterType(node.left, types);
    case "RestElement":
      return types.valueOf(elementOf(node.typeAnnotation?.typeAnnotation));
    default:
      return types.valueOf(node.typeAnnotation);
  }
}

/** Of `T[]` and `Array<T>`. */
function elementOf(type: Node | null | undefined): Node | undefined {
  return type?.type === "TSArrayType" ? type.elementType : type?.typeArguments?.params?.[0];
}
