/**
 * Checks what the app exports: an object with `fetch(request, info)` or such a function, or an app of `node:http` as the
 * frameworks for Node.js have it.
 */

import { DenicornError } from "../../core/errors.ts";
import { attempt, titleOf } from "../../core/thrown.ts";
import type { FetchHandler } from "../../system/system.ts";
import { type NodeApp, nodeAppOf } from "./node_app.ts";

const accepted = "an app is an object with fetch(request, info), such as a Hono app, or a function " +
  "(request, info) => Response, or an Express, Fastify or Koa app, or a server of node:http";

/** How requests reach the app. */
export type App =
  | { readonly kind: "fetch"; readonly fetch: FetchHandler; readonly asks?: ServeWishes | undefined }
  | { readonly kind: "node"; readonly open: NodeApp };

/** What an app may export besides `fetch`, with the meaning that `Deno.serve` gives it. */
interface ServeWishes {
  readonly port?: unknown;
  readonly hostname?: unknown;
  readonly onListen?: unknown;
}

/** What takes two arguments can be either, and is taken for `fetch` unless `appType` says so. */
export type AppType = "auto" | "fetch" | "node";

/**
 * The app in the export `exportName`, with a handler bound to its object once. `source` names the app in errors. Throws
 * DenicornError.
 */
export function validateApp(
  namespace: Readonly<Record<string, unknown>>,
  exportName: string,
  source: string,
  appType: AppType = "auto",
): App {
  const module = exportsOf(namespace, exportName);
  if (!Object.hasOwn(module, exportName)) {
    const names = Object.keys(module).join(", ") || "nothing";
    throw new DenicornError(
      "app-export-missing",
      `cannot load the app: ${source} has no export "${exportName}": it exports ${names}`,
    );
  }
  const app = module[exportName];
  const what = exportName === "default" ? "the default export" : `the export "${exportName}"`;
  let found;
  try {
    found = appOf(app, appType);
  } catch (thrown) {
    throw new DenicornError(
      "app-export-kind",
      `cannot load the app: ${what} of ${source} cannot be read, it throws ${titleOf(thrown)}: ${accepted}`,
      { cause: thrown },
    );
  }
  if (found !== undefined) return found;
  const described = attempt(() => describe(app), "an object that cannot be read");
  throw new DenicornError(
    "app-export-kind",
    `cannot load the app: ${what} of ${source} is ${described}: ${accepted}`,
  );
}

/**
 * The default export of a CommonJS app is all of its `module.exports`, in which TypeScript puts the exports of a module by
 * their names.
 */
function exportsOf(
  namespace: Readonly<Record<string, unknown>>,
  exportName: string,
): Readonly<Record<string, unknown>> {
  const { default: all } = namespace;
  if (Object.keys(namespace).join() !== "default" || !isObject(all)) return namespace;
  const isModule = attempt(() => all["__esModule"] === true && "default" in all, false);
  return isModule || exportName !== "default" ? all : namespace;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}

function appOf(app: unknown, type: AppType): App | undefined {
  const isCallable = isFunction(app) && !isClass(app);
  if (type !== "node") {
    if (hasFetch(app)) return { kind: "fetch", fetch: app.fetch.bind(app), asks: wishesOf(app) };
    if (isCallable && (type === "fetch" || !("listen" in app))) return { kind: "fetch", fetch: app };
  }
  const open = type === "fetch" ? undefined : nodeAppOf(app, isCallable);
  return open === undefined ? undefined : { kind: "node", open };
}

/** Only its own properties: a framework's class may have members of these names for its own use. */
function wishesOf(app: object): ServeWishes | undefined {
  const own = (name: keyof ServeWishes): unknown =>
    Object.hasOwn(app, name) ? Reflect.get(app, name) : undefined;
  const [port, hostname, onListen] = [own("port"), own("hostname"), own("onListen")];
  const isCalled = typeof onListen === "function";
  if ((port ?? hostname ?? null) === null && !isCalled) return undefined;
  return { port, hostname, onListen: isCalled ? onListen.bind(app) : undefined };
}

function hasFetch(value: unknown): value is { fetch: FetchHandler } {
  const mayHave = (typeof value === "object" && value !== null) || (isFunction(value) && !isClass(value));
  return mayHave && "fetch" in value && isFunction(value.fetch);
}

function isFunction(value: unknown): value is FetchHandler {
  return typeof value === "function";
}

function isClass(value: FetchHandler): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** A value in a few words: `a number (42)`, `an object without fetch (keys: a, b)`. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `a string (${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)})`;
    case "number":
    case "boolean":
      return `a ${typeof value} (${value})`;
    case "function":
      return `a class (${value.name || "without name"}), not an instance of it`;
    case "object":
      return value === null ? "null" : describeObject(value);
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (value instanceof Promise) return "a promise (await it before exporting)";
  if (value instanceof Response) return "a Response (export a function that returns one)";
  if (Array.isArray(value)) return "an array";
  if ("fetch" in value) return `an object whose fetch is not a function but of type ${typeof value.fetch}`;
  const keys = Object.keys(value);
  const shown = keys.length === 0
    ? "no keys"
    : `keys: ${keys.slice(0, 8).join(", ")}${keys.length > 8 ? ", …" : ""}`;
  return `an object without fetch (${shown})`;
}
