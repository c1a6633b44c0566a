/** The exports of CommonJS apps, also as TypeScript writes them. */

import { testAnswer, testFailure } from "../test_host.ts";

const compiled = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.other = void 0;
exports.default = { fetch: () => new Response("default") };
exports.other = () => new Response("other");`;

testAnswer(
  "the default export of a module that TypeScript compiled",
  { "main.js": compiled },
  "default",
  "main.js",
);

testAnswer("its named export", { "main.cjs": compiled }, "other", "main.cjs:other");

testAnswer(
  "a named export of other CommonJS",
  {
    "main.cts": `const app = () => new Response("cts"); exports.app = app;`,
  },
  "cts",
  "main.cts:app",
);

testAnswer(
  "a module in a file .mts",
  {
    "main.mts": `const text: string = "mts"; export default () => new Response(text);`,
  },
  "mts",
  "main.mts",
);

testFailure(
  "a CommonJS app without the export",
  { "main.cjs": `exports.app = 1; exports.other = 2;` },
  "app-export-missing",
  `cannot load the app: main.cjs has no export "website": it exports app, other`,
  "main.cjs:website",
);
