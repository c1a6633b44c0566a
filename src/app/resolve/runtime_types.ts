/**
 * Which value stands for a type at run time, as TypeScript writes it for `emitDecoratorMetadata`. Like Deno, this knows
 * one file: a name that no value belongs to, such as that of an interface, becomes `Object` while the app runs.
 */

/** What is used of a node of `@babel/parser`. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly kind?: string;
  readonly operator?: string;
  readonly async?: boolean;
  readonly asserts?: boolean;
  readonly importKind?: string | null;
  readonly body?: Node | readonly Node[] | null;
  readonly decorators?: readonly Node[] | null;
  readonly elementType?: Node;
  readonly falseType?: Node;
  readonly id?: Node | null;
  readonly imported?: Node;
  readonly initializer?: Node | null;
  readonly left?: Node;
  readonly literal?: Node;
  readonly local?: Node;
  readonly members?: readonly Node[];
  readonly parameter?: Node;
  readonly params?: readonly Node[];
  readonly returnType?: Node | null;
  readonly right?: Node;
  readonly source?: Node;
  readonly specifiers?: readonly Node[];
  readonly trueType?: Node;
  readonly typeAnnotation?: Node | null;
  readonly typeArguments?: Node | null;
  readonly typeName?: Node;
  readonly types?: readonly Node[];
  readonly value?: string;
}

/** Looks up the value of a name when the class is defined. Defined in the bundle's first line. */
export const typeFunction = "const __denicorn_type = (read) => { try { const type = read(); " +
  'return typeof type === "function" ? type : Object; } catch { return Object; } };';

const keywords: Readonly<Record<string, string>> = {
  TSVoidKeyword: "void 0",
  TSUndefinedKeyword: "void 0",
  TSNullKeyword: "void 0",
  TSNeverKeyword: "void 0",
  TSBooleanKeyword: "Boolean",
  TSStringKeyword: "String",
  TSTemplateLiteralType: "String",
  TSNumberKeyword: "Number",
  TSBigIntKeyword: "BigInt",
  TSSymbolKeyword: "Symbol",
  TSFunctionType: "Function",
  TSConstructorType: "Function",
  TSArrayType: "Array",
  TSTupleType: "Array",
};

const literals: Readonly<Record<string, string>> = {
  BooleanLiteral: "Boolean",
  StringLiteral: "String",
  TemplateLiteral: "String",
  NumericLiteral: "Number",
  UnaryExpression: "Number",
  BigIntLiteral: "BigInt",
};

/** What an import names: its module, and what of it; `undefined` for all of it. */
export interface Imported {
  readonly specifier: string;
  readonly name: string | undefined;
}

/** The names of types that a file declares or imports, and what is known of them. */
export class DeclaredTypes {
  /** Interfaces, and what is imported as a type. */
  readonly #valueless: Set<string>;
  readonly #imports = new Map<string, Imported>();
  /** The imports whose values stand for types. */
  readonly used = new Map<string, Imported>();
  readonly #values = new Set<string>();
  readonly #aliases = new Map<string, Node>();
  readonly #enums = new Map<string, string>();

  /** `valueless` are names that are known to have no values. */
  constructor(valueless: ReadonlySet<string>) {
    this.#valueless = new Set(valueless);
  }

  /** Notes what the node declares. */
  add(node: Node): void {
    const name = node.id?.name;
    switch (node.type) {
      case "ImportDeclaration":
        for (const { type, importKind, local, imported } of node.specifiers ?? []) {
          if (local?.name === undefined) continue;
          if (node.importKind === "type" || importKind === "type") this.#valueless.add(local.name);
          const wanted = type === "ImportDefaultSpecifier" ? "default" : imported?.name ?? imported?.value;
          this.#imports.set(local.name, { specifier: String(node.source?.value), name: wanted });
        }
        break;
      case "ClassDeclaration":
        if (name !== undefined) this.#values.add(name);
        break;
      case "TSInterfaceDeclaration":
        if (name !== undefined) this.#valueless.add(name);
        break;
      case "TSTypeAliasDeclaration":
        if (name !== undefined && node.typeAnnotation) this.#aliases.set(name, node.typeAnnotation);
        break;
      case "TSEnumDeclaration":
        if (name !== undefined) this.#enums.set(name, enumValue(node));
    }
  }

  /** An expression for the type, or for that of an annotation; none is `any`. */
  valueOf(type: Node | null | undefined): string {
    if (type === null || type === undefined) return "Object";
    const keyword = keywords[type.type];
    if (keyword !== undefined) return keyword;
    switch (type.type) {
      case "TSTypeAnnotation":
      case "TSParenthesizedType":
      case "TSOptionalType":
        return this.valueOf(type.typeAnnotation);
      case "TSTypeOperator":
        return type.operator === "readonly" ? this.valueOf(type.typeAnnotation) : "Object";
      case "TSTypePredicate":
        return type.asserts === true ? "void 0" : "Boolean";
      case "TSLiteralType":
        return literals[type.literal?.type ?? ""] ?? "Object";
      case "TSUnionType":
      case "TSIntersectionType":
        return this.#common(type.types ?? []);
      case "TSConditionalType":
        return this.#common([type.trueType, type.falseType]);
      case "TSTypeReference":
        return this.#named(type.typeName);
      default:
        return "Object";
    }
  }

  /** The value that all of them have. Those of `null` and `undefined` do not count, as in Deno. */
  #common(types: readonly (Node | undefined)[]): string {
    const values = new Set(types.map((type) => this.valueOf(type)));
    if (values.size > 1) values.delete("void 0");
    const [value = "Object"] = values;
    return values.size > 1 ? "Object" : value;
  }

  #named(name: Node | undefined): string {
    const path = pathOf(name);
    if (path === undefined) return "Object";
    const alias = this.#aliases.get(path);
    if (alias !== undefined) {
      // An alias may contain itself.
      this.#aliases.delete(path);
      const value = this.valueOf(alias);
      this.#aliases.set(path, alias);
      return value;
    }
    const value = this.#enums.get(path);
    if (value !== undefined) return value;
    const [first = ""] = path.split(".");
    if (this.#valueless.has(first) && !this.#values.has(first)) return "Object";
    const imported = this.#imports.get(first);
    if (imported !== undefined) this.used.set(first, imported);
    return `__denicorn_type(() => ${path})`;
  }
}

/** `a.b` of a name with dots. */
function pathOf(name: Node | undefined): string | undefined {
  if (name?.type === "Identifier") return name.name;
  if (name?.type !== "TSQualifiedName") return undefined;
  const left = pathOf(name.left);
  return left === undefined ? undefined : `${left}.${name.right?.name}`;
}

/** What an enum's members are. */
function enumValue(node: Node): string {
  const body = node.body as Node | null | undefined;
  const members = node.members ?? body?.members ?? [];
  const values = new Set(
    members.map(({ initializer }) =>
      initializer?.type === "StringLiteral" || initializer?.type === "TemplateLiteral" ? "String" : "Number"
    ),
  );
  const [value = "Number"] = values;
  return values.size > 1 ? "Object" : value;
}
