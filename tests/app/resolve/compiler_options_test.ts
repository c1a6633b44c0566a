/** Compiler options: JSX by pragma, by deno.json and by tsconfig.json. */

import { testAnswer, type Tree } from "../test_host.ts";

/** A JSX runtime that writes elements as `name(children)`, under a name. */
function jsxPackage(name: string): Tree {
  const runtime = `export const jsx = (tag, { children = "" }) => "${name}:" + tag + "(" + children + ")";
    export const jsxs = jsx; export const jsxDEV = jsx;`;
  return {
    [`node_modules/${name}/package.json`]:
      `{ "version": "4.0.0", "type": "module", "exports": { "./*": "./*.js" } }`,
    [`node_modules/${name}/jsx/jsx-runtime.js`]: runtime,
    [`node_modules/${name}/jsx/jsx-dev-runtime.js`]: runtime,
  };
}

const page = `export default { fetch: () => new Response(<h1>hi</h1> as unknown as string) };`;

testAnswer(
  "by pragma, with no configuration",
  {
    ...jsxPackage("h"),
    "main.tsx": `/** @jsxImportSource h/jsx */\n${page}`,
  },
  "h:h1(hi)",
  "main.tsx",
);

testAnswer(
  "by deno.json, its package by the import map",
  {
    ...jsxPackage("real"),
    "deno.json":
      `{ "imports": { "h": "npm:real@4" }, "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "h/jsx" } }`,
    "main.tsx": page,
  },
  "real:h1(hi)",
  "main.tsx",
);

testAnswer(
  "by deno.json as an npm: specifier, precompiled JSX being the same",
  {
    ...jsxPackage("h"),
    "deno.json": `{ "compilerOptions": { "jsx": "precompile", "jsxImportSource": "npm:h@4/jsx" } }`,
    "main.tsx": page,
  },
  "h:h1(hi)",
  "main.tsx",
);

testAnswer(
  "by tsconfig.json, also in files found through an import map",
  {
    ...jsxPackage("h"),
    "deno.json": `{ "imports": { "@/": "./src/" } }`,
    "tsconfig.json": `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "h/jsx" } }`,
    "main.tsx": `export { default } from "@/page.tsx";`,
    "src/page.tsx": page,
  },
  "h:h1(hi)",
  "main.tsx",
);

testAnswer(
  "by the configuration of the workspace",
  {
    ...jsxPackage("h"),
    "deno.json":
      `{ "workspace": ["./web"], "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "h/jsx" } }`,
    "web/deno.json": `{}`,
    "web/main.tsx": page,
  },
  "h:h1(hi)",
  "web/main.tsx",
);

testAnswer(
  "a pragma overrides the configuration, in both directions",
  {
    ...jsxPackage("h"),
    "deno.json": `{ "compilerOptions": { "jsx": "react", "jsxFactory": "k" } }`,
    "main.tsx": `import { a } from "./a.tsx"; import { b } from "./b.jsx";
    const k = (tag: string) => "k:" + tag;
    export default { fetch: () => new Response([<c />, a, b].join(" ")) };`,
    "a.tsx": `/** @jsxImportSource h/jsx */ export const a = <a>x</a>;`,
    "b.jsx": `/** @jsx own */ const own = (tag) => "own:" + tag; export const b = <b />;`,
  },
  "k:c h:a(x) own:b",
  "main.tsx",
);

testAnswer(
  "the classic pragma where the configuration is automatic",
  {
    ...jsxPackage("h"),
    "deno.json": `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "h/jsx" } }`,
    "main.tsx": `/** @jsx own */ /** @jsxFrag "f" */
    const own = (tag: string) => "own:" + tag; export default () => new Response(<b /> as unknown as string);`,
  },
  "own:b",
  "main.tsx",
);

const aliased = {
  "web/main.ts":
    `import { own } from "~/own"; import { other } from "other"; export default () => Response.json([own, other]);`,
  "web/src/own.ts": `export const own = "own";`,
  "web/lib/other.ts": `export const other = "other";`,
};

testAnswer(
  "paths of tsconfig.json",
  {
    ...aliased,
    "web/tsconfig.json":
      `{ "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["none/*", "src/*"], "other": ["./lib/other.ts"] } } }`,
  },
  `["own","other"]`,
  "web/main.ts",
);

testAnswer(
  "paths of tsconfig.json beside a deno.json with compiler options",
  {
    ...aliased,
    "web/deno.json": `{ "compilerOptions": { "strict": true } }`,
    "web/tsconfig.json": `{ "extends": "../base.json" }`,
    "base.json":
      `{ "compilerOptions": { "paths": { "~/*": ["./web/src/*"], "other": ["./web/lib/other.ts"] } } }`,
  },
  `["own","other"]`,
  "web/main.ts",
);

testAnswer(
  "paths of deno.json",
  {
    ...aliased,
    "deno.json":
      `{ "compilerOptions": { "paths": { "~/*": ["./web/src/*"], "other": ["./web/lib/other.ts"] } } }`,
  },
  `["own","other"]`,
  "web/main.ts",
);

testAnswer(
  "tsconfig.json of a package in the project of a deno.json with compiler options",
  {
    ...aliased,
    "deno.json": `{ "compilerOptions": { "strict": true, "paths": { "other": ["./none.ts"] } } }`,
    "web/package.json": "{}",
    "web/tsconfig.json":
      `{ "compilerOptions": { "paths": { "~/*": ["./src/*"], "other": ["./lib/other.ts"] } } }`,
  },
  `["own","other"]`,
  "web/main.ts",
);
