/** The places that were searched for imports, from reports of esbuild, on a file system of a few names. */

import {
  type BundleInputs,
  type BundleOrigin,
  inputsOf,
} from "../../../../src/app/bundle/cache/bundle_inputs.ts";
import { assert, assertEquals } from "../../../assert.ts";

type Imports = BundleOrigin["inputs"][string]["imports"];

interface Given {
  readonly imports?: Imports;
  readonly inputs?: Record<string, Imports>;
  readonly lookups?: BundleOrigin["lookups"];
  readonly missing?: readonly string[];
  readonly files?: Record<string, string>;
  readonly tsconfig?: string;
}

function places(given: Given): BundleInputs | undefined {
  const files = new Map(Object.entries(given.files ?? {}));
  const origin: BundleOrigin = {
    entry: "/srv/app/main.ts",
    inputs: Object.fromEntries(
      Object.entries({ "main.ts": given.imports ?? [], ...given.inputs }).map(([name, imports]) =>
        [name, { bytes: 1, imports }] as const
      ),
    ),
    lookups: given.lookups ?? [],
    missing: new Set(given.missing),
    isCertain: true,
    traced: { read: new Set(), asked: new Set(), listed: new Set() },
    tsconfig: given.tsconfig,
  };
  return inputsOf(origin, {
    isDirectory: (path) => [...files.keys()].some((name) => name.startsWith(`${path}/`)),
    read: (path) => files.get(path),
  });
}

const imported = (path: string, original: string) => ({ path, original, kind: "import-statement" as const });

function searched(found: BundleInputs | undefined): Record<string, readonly string[]> {
  return Object.fromEntries(found?.searched ?? []);
}

Deno.test("of an app of one file count the file, its directory, and the manifests above", () => {
  assertEquals(places({}), {
    contents: ["/srv/app/main.ts"],
    kinds: [],
    lists: [],
    searched: [["/srv/app", ["main.ts"]]],
    above: ["/", "/srv"],
  });
});

Deno.test("a relative import searches the directory it names, also where a link leads elsewhere", () => {
  const found = places({
    imports: [imported("../../mnt/x.ts", "./link/x")],
    inputs: { "../../mnt/x.ts": [] },
  });
  assertEquals(searched(found), { "/mnt": [], "/srv/app": ["main.ts"], "/srv/app/link": ["x"] });
  assertEquals(found?.contents, ["/mnt/x.ts", "/srv/app/main.ts"]);
});

Deno.test("an imported directory is searched for what its manifest names and for its index", () => {
  const found = places({
    imports: [imported("lib/index.ts", "./lib")],
    inputs: { "lib/index.ts": [] },
    files: { "/srv/app/lib/index.ts": "", "/srv/app/lib/package.json": `{ "main": "./out/gone" }` },
  });
  assertEquals(searched(found), {
    "/srv/app": ["lib", "main.ts"],
    "/srv/app/lib": [],
    "/srv/app/lib/out": ["gone"],
  });
});

Deno.test("a package is looked for in every node_modules there is", () => {
  const files = { "/srv/app/node_modules/other/x.js": "", "/srv/node_modules/pkg/index.js": "" };
  const found = places({ lookups: [{ specifier: "pkg/sub", directory: "/srv/app" }], files });
  assertEquals(found?.kinds, [
    "/srv/app/node_modules",
    "/srv/app/node_modules/pkg",
    "/srv/node_modules",
    "/srv/node_modules/pkg",
  ]);
  assertEquals(searched(found)["/srv/node_modules/pkg"], ["sub"]);
});

Deno.test("what cannot be followed is not kept", () => {
  const external = (path: string): Imports => [{ path, kind: "require-call", external: true }];
  assert(places({ imports: external("node:fs") }) !== undefined);
  assert(places({ imports: external("pg-native"), missing: ["pg-native"] }) !== undefined);
  const manifest = { "/srv/app/package.json": "{}" };
  assert(places({ imports: [imported("x.ts", "#x")], files: manifest }) !== undefined);
  const unusual: Record<string, Given> = {
    "a package not known to be missing": { imports: external("pkg/sub") },
    "a file that is missing": { imports: external("./gone") },
    "a pattern": { imports: external("./pages/**/*.ts") },
    "a query": { imports: [imported("x.ts", "./x.ts?y")] },
    "an import that esbuild made": { imports: [{ path: "x.ts", kind: "import-statement" }] },
    "# out of the package": { imports: [imported("node_modules/x/x.js", "#x")], files: manifest },
    "# without a manifest": { imports: [imported("x.ts", "#x")] },
    "an import in a module made of its name": { inputs: { "<data:x>": [imported("x.ts", "./x.ts")] } },
    "a tsconfig.json that is missing": { tsconfig: "/srv/tsconfig.json" },
    "a manifest that cannot be parsed": {
      imports: [imported("lib/index.ts", "./lib")],
      files: { "/srv/app/lib/package.json": "{" },
    },
  };
  for (const [name, given] of Object.entries(unusual)) assertEquals(places(given), undefined, name);
  for (const options of [`"paths": {}`, `"baseUrl": "."`, `"rootDirs": []`]) {
    const files = { "/srv/tsconfig.json": `{ "compilerOptions": { ${options} } }` };
    assertEquals(places({ tsconfig: "/srv/tsconfig.json", files }), undefined, options);
  }
});
