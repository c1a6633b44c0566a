/** Whether a name means the global one where it stands, as far as one file tells. */

import { namesBoundBy, namesDeclaredBy, type Node } from "./syntax.ts";

/** Whether a declaration, an import or a parameter around the node gives the name a meaning of its own. */
export function isDeclaredAround(node: Node, name: string): boolean {
  for (let scope: Node | null = node; scope !== null; scope = parentOf(scope)) {
    if (namesIn(scope).includes(name)) return true;
  }
  return false;
}

/** All types of nodes but Program have a parent. */
function parentOf(node: Node): Node | null {
  return "parent" in node ? node.parent : null;
}

/** The names that are known inside of a node and not outside. A `var` counts for its block only: no source here has one. */
function namesIn(scope: Node): string[] {
  switch (scope.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "TSModuleBlock":
      return scope.body.flatMap(namesDeclaredBy);
    case "SwitchStatement":
      return scope.cases.flatMap(({ consequent }) => consequent).flatMap(namesDeclaredBy);
    case "ForStatement":
      return scope.init === null ? [] : namesDeclaredBy(scope.init);
    case "ForInStatement":
    case "ForOfStatement":
      return namesDeclaredBy(scope.left);
    case "CatchClause":
      return namesOf(scope.param);
    case "ClassExpression":
      return namesOf(scope.id);
    case "FunctionExpression":
      return [...namesOf(scope.id), ...scope.params.flatMap(namesBoundBy)];
    case "FunctionDeclaration":
    case "ArrowFunctionExpression":
    case "TSDeclareFunction":
    case "TSEmptyBodyFunctionExpression":
    case "TSMethodSignature":
    case "TSFunctionType":
    case "TSCallSignatureDeclaration":
    case "TSConstructSignatureDeclaration":
      return scope.params.flatMap(namesBoundBy);
    default:
      return [];
  }
}

function namesOf(pattern: Node | null): string[] {
  return pattern === null ? [] : namesBoundBy(pattern);
}
