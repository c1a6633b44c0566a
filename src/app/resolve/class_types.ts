/**
 * The types of classes as decorators in the source: what TypeScript writes into the program for `emitDecoratorMetadata`.
 */

import type { DeclaredTypes, Node } from "./runtime_types.ts";

/** Text to insert. */
export interface Addition {
  /** Counted from the end of the source, which stays the same when another plugin adds text before the first line. */
  readonly fromEnd: number;
  readonly text: string;
}

/** In their order in the source. */
export function additionsTo(source: string, program: Node, types: DeclaredTypes): Addition[] {
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
