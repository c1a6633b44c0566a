/**
 * What each module of the repository imports and exports by name, types included. Read from Deno's own syntax tree,
 * which lint plugins get to see: so there is no parser to install, and a test is the only place where this works.
 */

import { pathOf } from "../../lint/paths.ts";
import { namesDeclaredBy, type Node, textOf } from "../../lint/syntax.ts";
import config from "../../deno.json" with { type: "json" };

export interface Module {
  /** From the root of the repository, like all paths here. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

export interface Import {
  readonly from: string;
  /** The names the other module exports; `*` where all of it is taken. */
  readonly names: readonly string[];
}

export interface Export {
  readonly name: string;
  readonly line: number;
}

const root = new URL("../../", import.meta.url);

/** The modules in these files and folders, and in the folders in there. */
export function readModules(...places: string[]): Module[] {
  return places.flatMap(modulesIn).map((path) =>
    parseModule(path, Deno.readTextFileSync(new URL(path, root)))
  );
}

/** Their paths only. */
export function modulesIn(place: string): string[] {
  if (!Deno.statSync(new URL(place, root)).isDirectory) return /\.tsx?$/.test(place) ? [place] : [];
  return [...Deno.readDirSync(new URL(place, root))].flatMap(({ name }) => modulesIn(`${place}/${name}`))
    .sort();
}

export function parseModule(path: string, source: string): Module {
  const imports: Import[] = [];
  const exports: Export[] = [];
  const addImport = (specifier: Node | null, names: readonly string[]) => {
    const from = specifier === null ? undefined : resolve(path, textOf(specifier));
    if (from !== undefined) imports.push({ from, names });
  };
  const addExports = (node: Node, names: readonly string[]) => {
    const line = source.slice(0, node.range[0]).split("\n").length;
    exports.push(...names.map((name) => ({ name, line })));
  };

  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration: ({ source, specifiers }) => addImport(source, specifiers.map(importedName)),
    ImportExpression: (node) => addImport(node.source, namesTakenFrom(node)),
    TSImportType: ({ argument, qualifier }) => addImport(argument, [firstName(qualifier)]),
    ExportNamedDeclaration(node) {
      addImport(node.source, node.specifiers.map(({ local }) => spelled(local)));
      addExports(node, node.specifiers.map(({ exported }) => spelled(exported)));
      if (node.declaration !== null) addExports(node, namesDeclaredBy(node.declaration));
    },
    ExportAllDeclaration(node) {
      addImport(node.source, ["*"]);
      if (node.exported !== null) addExports(node, [node.exported.name]);
    },
    ExportDefaultDeclaration: (node) => addExports(node, ["default"]),
  };
  const reader: Deno.lint.Plugin = { name: "modules", rules: { read: { create: () => visitor } } };
  Deno.lint.runPlugin(reader, new URL(path, root).pathname, source);
  return { path, imports, exports };
}

/** The file that a specifier means; `undefined` for packages. */
function resolve(path: string, specifier = ""): string | undefined {
  const mapped = Object.entries(config.imports).find(([name]) => name === specifier)?.[1];
  if (mapped?.startsWith(".")) return pathOf(new URL("deno.json", root).pathname, mapped);
  return specifier.startsWith(".") ? pathOf(new URL(path, root).pathname, specifier) : undefined;
}

function importedName(specifier: Deno.lint.ImportDeclaration["specifiers"][number]): string {
  switch (specifier.type) {
    case "ImportSpecifier":
      return spelled(specifier.imported);
    case "ImportDefaultSpecifier":
      return "default";
    case "ImportNamespaceSpecifier":
      return "*";
  }
}

/** `const { a } = await import(…)`, `(await import(…)).a` and `import(…).then(({ a }) => …)` take `a`; else all. */
function namesTakenFrom(node: Deno.lint.ImportExpression): readonly string[] {
  const value = node.parent.type === "AwaitExpression" ? node.parent : node;
  const user = value.parent;
  if (user.type === "VariableDeclarator") return keysOf(user.id);
  if (user.type !== "MemberExpression" || user.property.type !== "Identifier") return ["*"];
  if (value !== node) return [user.property.name];

  const call = user.parent;
  const then = call.type === "CallExpression" ? call.arguments[0] : undefined;
  const parameter = then?.type === "ArrowFunctionExpression" ? then.params[0] : undefined;
  return parameter === undefined ? ["*"] : keysOf(parameter);
}

function keysOf(pattern: Node): readonly string[] {
  if (pattern.type !== "ObjectPattern") return ["*"];
  return pattern.properties.map((property) =>
    property.type === "Property" && property.key.type === "Identifier" ? property.key.name : "*"
  );
}

function firstName(qualifier: Node | null): string {
  if (qualifier?.type === "TSQualifiedName") return firstName(qualifier.left);
  return qualifier?.type === "Identifier" ? qualifier.name : "*";
}

function spelled(name: Deno.lint.Identifier | Deno.lint.StringLiteral): string {
  return name.type === "Identifier" ? name.name : name.value;
}
