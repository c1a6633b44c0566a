/** What the lint rules and the tests of the imports read out of a syntax tree. */

/** Deno's own union leaves the last one out, which parameters of a constructor can be. */
export type Node = Deno.lint.Node | Deno.lint.TSParameterProperty;

/** The text of a string literal, however it is quoted. */
export function textOf(node: Node): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TSLiteralType") return textOf(node.literal);
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.cooked;
  return undefined;
}

/** The dotted name an expression spells: `Date["now"]` and `globalThis.Date.now` are both `Date.now`. */
export function nameOf(node: Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return undefined;
  const object = nameOf(node.object);
  const property = node.computed ? textOf(node.property) : nameOf(node.property);
  if (object === undefined || property === undefined) return undefined;
  return object === "globalThis" ? property : `${object}.${property}`;
}

/** The names that a parameter or the left side of a declaration binds: `{ a, b: [c] }` binds `a` and `c`. */
export function namesBoundBy(pattern: Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesBoundBy(property.type === "Property" ? property.value : property)
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => element === null ? [] : namesBoundBy(element));
    case "AssignmentPattern":
      return namesBoundBy(pattern.left);
    case "RestElement":
      return namesBoundBy(pattern.argument);
    case "TSParameterProperty":
      return namesBoundBy(pattern.parameter);
    default:
      return [];
  }
}

/** The names that a statement declares, also with `export` before it. */
export function namesDeclaredBy(statement: Node): string[] {
  switch (statement.type) {
    case "ExportNamedDeclaration":
      return statement.declaration === null ? [] : namesDeclaredBy(statement.declaration);
    case "ExportDefaultDeclaration":
      return namesDeclaredBy(statement.declaration);
    case "ImportDeclaration":
      return statement.specifiers.map(({ local }) => local.name);
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) => namesBoundBy(id));
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return statement.id === null ? [] : namesBoundBy(statement.id);
    default:
      return [];
  }
}
