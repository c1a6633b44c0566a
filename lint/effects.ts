/**
 * `layers/effects-in-system`: outside src/system/ nothing touches Deno, a timer, a clock, chance, the network or the
 * console: the time and random numbers come in as arguments, all else through the System interface. So every
 * other file can be tested without a process, a port or a wait. What runs in a browser has effects of its own kind.
 */

import { isProgram } from "./levels.ts";
import { pathOf } from "./paths.ts";
import { isDeclaredAround } from "./scope.ts";
import { nameOf } from "./syntax.ts";

/** What only src/system/ may name. `Deno` stands for all of its members, a function also for a mention of it. */
const effects = new Set([
  "Deno",
  "console",
  "fetch",
  "addEventListener",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "AbortSignal.timeout",
  "Date.now",
  "performance.now",
  "Math.random",
  "crypto.randomUUID",
  "crypto.getRandomValues",
]);

/** Where effects are at home: main.ts makes the real System. */
const exempt = ["main.ts", "src/system/", "src/control/page/browser/"];

export const effectsInSystem: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (path === undefined || !isProgram(path)) return {};
    if (exempt.some((place) => path.startsWith(place))) return {};

    const report = (node: Deno.lint.Node, effect: string) =>
      context.report({
        node,
        message: `${effect} belongs in src/system/`,
        hint: "Take what is needed as an argument, or through the System interface.",
      });
    return {
      Identifier(node) {
        if (!effects.has(node.name) || onlySpells(node)) return;
        if (!isDeclaredAround(node, node.name)) report(node, node.name);
      },
      MemberExpression(node) {
        const name = nameOf(node);
        if (name === undefined || !effects.has(name)) return;
        const [object = name] = name.split(".");
        if (!isDeclaredAround(node, object)) report(node, name);
      },
      NewExpression(node) {
        if (nameOf(node.callee) === "Date" && node.arguments.length === 0) report(node, "new Date()");
      },
    };
  },
};

/** `clock.setTimeout` and `{ setTimeout: … }` only spell the name; they do not mean the global. */
function onlySpells(node: Deno.lint.Identifier): boolean {
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
    case "ImportSpecifier":
      return parent.imported === node;
    case "ExportSpecifier":
      return parent.exported === node;
    default:
      return false;
  }
}
