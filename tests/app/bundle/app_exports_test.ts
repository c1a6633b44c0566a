/** The requested export must exist before a worker starts. */

import { testFailure } from "../test_host.ts";

testFailure(
  "a missing default export",
  { "main.ts": `export const app = { fetch() {} }; export const x = 1;` },
  "app-export-missing",
  "cannot load the app: main.ts has no default export: it exports app, x: write main.ts:app, " +
    "or export the app as default",
);

testFailure(
  "a missing named export",
  { "main.ts": "export default () => new Response();" },
  "app-export-missing",
  'cannot load the app: main.ts has no export "web": it only has a default export: write main.ts',
  "main.ts:web",
);

testFailure(
  "no export at all",
  { "main.ts": "console.log(1);" },
  "app-export-missing",
  "cannot load the app: main.ts has no default export: it exports nothing and starts no server: add " +
    "`export default app`, where app is a fetch function or an object that has one",
);
