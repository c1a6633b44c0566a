/**
 * The architecture as lint rules.
 *
 * `layers/imports-point-down`: a folder of src/ imports from itself and from folders of lower layers. Folders
 * of one layer do not know each other.
 *
 * `layers/effects-in-system`: outside src/system/ nothing touches Deno, a timer, a clock or chance: the time and
 * random numbers come in as arguments, all else through the System interface. So every other file can be
 * tested without a process, a port or a wait. What runs in a browser (src/control/page/browser/) has effects of its
 * own kind.
 */

const layers: Readonly<Record<string, number>> = {
  core: 0,
  system: 1,
  settings: 2,
  log: 3,
  protocol: 4,
  app: 5,
  control: 5,
  doctor: 6,
  master: 6,
  worker: 6,
  cli: 7,
  "main.ts": 8,
};

const root = new URL("../", import.meta.url).href;

/** Where a file of the program belongs: its folder in src/, or main.ts. */
function placeOf(url: URL): string | undefined {
  if (!url.href.startsWith(root)) return undefined;
  const path = url.href.slice(root.length);
  if (path === "main.ts") return path;
  return /^src\/([^/]+)/.exec(path)?.[1];
}

const importsPointDown: Deno.lint.Rule = {
  create(context) {
    const file = new URL(`file://${context.filename}`);
    const from = placeOf(file);
    if (from === undefined) return {};

    const check = (source: Deno.lint.Node | null) => {
      const specifier = source === null ? undefined : textOf(source);
      if (source === null || specifier === undefined || !specifier.startsWith(".")) return;
      const to = placeOf(new URL(specifier, file));
      if (to === undefined || to === from) return;
      const message = objection(from, to);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      TSImportType: ({ argument }) => check(argument),
    };
  },
};

function objection(from: string, to: string): string | undefined {
  const [fromLayer, toLayer] = [layers[from], layers[to]];
  if (fromLayer === undefined) return `${from} has no layer: give it one in lint/layers.ts`;
  if (toLayer === undefined) return `${to} has no layer: give it one in lint/layers.ts`;
  if (fromLayer > toLayer) return undefined;
  return fromLayer === toLayer
    ? `${from} and ${to} are on the same layer (${toLayer}): they must not know each other`
    : `imports point down: ${to} (layer ${toLayer}) is above ${from} (layer ${fromLayer})`;
}

/** What only src/system/ may name. `Deno` stands for all of its members, a function also for a mention of it. */
const effects = new Set([
  "Deno",
  "setTimeout",
  "setInterval",
  "Date.now",
  "performance.now",
  "Math.random",
  "crypto.randomUUID",
  "crypto.getRandomValues",
]);

const effectsInSystem: Deno.lint.Rule = {
  create(context) {
    const file = new URL(`file://${context.filename}`);
    const place = placeOf(file);
    if (file.href.startsWith(`${root}src/control/page/browser/`)) return {};
    if (place === undefined || place === "main.ts" || place === "system") return {};

    const report = (node: Deno.lint.Node, effect: string) =>
      context.report({
        node,
        message: `${effect} belongs in src/system/`,
        hint: "Take what is needed as an argument, or through the System interface.",
      });
    return {
      Identifier(node) {
        if (effects.has(node.name) && !isPropertyName(node)) report(node, node.name);
      },
      MemberExpression(node) {
        const name = nameOf(node);
        if (name !== undefined && effects.has(name)) report(node, name);
      },
      NewExpression(node) {
        if (nameOf(node.callee) === "Date" && node.arguments.length === 0) report(node, "new Date()");
      },
    };
  },
};

/** `clock.setTimeout` and `{ setTimeout: … }` only spell the name; they do not mean the global. */
function isPropertyName(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.key === node && !parent.computed;
    default:
      return false;
  }
}

/** The dotted name an expression spells: `Date["now"]` and `globalThis.Date.now` are both `Date.now`. */
function nameOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return undefined;
  const object = nameOf(node.object);
  const property = node.computed ? textOf(node.property) : nameOf(node.property);
  if (object === undefined || property === undefined) return undefined;
  return object === "globalThis" ? property : `${object}.${property}`;
}

/** The text of a string literal, however it is quoted. */
function textOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TSLiteralType") return textOf(node.literal);
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.cooked;
  return undefined;
}

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "imports-point-down": importsPointDown,
    "effects-in-system": effectsInSystem,
  },
};
export default plugin;
