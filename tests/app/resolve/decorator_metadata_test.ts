/** Types that `emitDecoratorMetadata` puts into the program. */

import { assertEquals, assertMatch } from "../../assert.ts";
import { testAnswer, testFailure, TestHost, type Tree } from "../test_host.ts";

const options = `"experimentalDecorators": true, "emitDecoratorMetadata": true`;

/** Notes the types, in the order in which they are defined. */
const reflect = `
export const seen: string[] = [];
const shown = (value: unknown): string =>
  Array.isArray(value) ? "[" + value.map(shown).join(" ") + "]" : typeof value === "function" ? value.name : String(value);
Object.assign(Reflect, {
  metadata: (key: string, value: unknown) => (target: any, name?: string) => {
    seen.push((name ?? target.name) + " " + key.replace("design:", "") + " " + shown(value));
  },
});
export const noted = (..._: any[]): any => {};
export const arg = (text: string) => (target: any, name: string | undefined) => void seen.push(text + " " + (name ?? target.name));
`;

/** An app that responds with the types of the classes in `code`. */
function typesOf(code: string, more: Tree = {}): Tree {
  return {
    "tsconfig.json": `{ "compilerOptions": { ${options} } }`,
    "reflect.ts": reflect,
    "main.ts": `import { arg, noted, seen } from "./reflect.ts"; void arg;\n${code}
      export default () => new Response(seen.join("; "));`,
    ...more,
  };
}

testAnswer(
  "types of a constructor, by which a framework finds what to inject",
  typesOf(
    `import { Service } from "./service.ts";
    import * as all from "./service.ts";
    import type { Shape } from "./service.ts";
    class Own {}
    @noted export class A {
      constructor(private readonly service: Service, own: Own, @noted public b: all.Other, shape: Shape, n = 1, ...rest: Own[]) {}
    }
    @noted class B extends A { x = 1; }
    @noted class C { constructor() {} }
    class D { constructor(@noted x: string) {} }
    class E { constructor(x: string) {} }`,
    { "service.ts": "export class Service {} export class Other {} export interface Shape { a: 1 }" },
  ),
  "A paramtypes [Service Own Other Object Object Own]; C paramtypes []; D paramtypes [String]",
);

testAnswer(
  "types of properties",
  typesOf(`
    enum Count { one, two } enum Word { a = "a" } enum Mixed { a, b = "b" }
    interface Face {} type Id = string; type Loop = Loop[] | null; namespace N.M { export class In {} }
    class P<T> {
      @noted a: string; @noted b?: number | null; @noted c: boolean = true; @noted d: bigint; @noted e: symbol;
      @noted f: string[]; @noted g: [number, string]; @noted h: () => void; @noted i: Date; @noted j: Promise<string>;
      @noted k: Count; @noted l: Word; @noted m: Mixed; @noted n: Face; @noted o: Id; @noted p: Loop;
      @noted q: "a" | "b"; @noted r: string | number; @noted s: T; @noted t; @noted u: unknown; @noted v: null;
      @noted w: 1 | -1; @noted x: N.M.In; @noted y: Missing.Name; @noted declare z: readonly string[];
      @noted static one: Map<string, string>;
      @noted get get(): string { return ""; } @noted set set(value: number) {}
    }`),
  "a type String; b type Number; c type Boolean; d type BigInt; e type Symbol; f type Array; g type Array; " +
    "h type Function; i type Date; j type Promise; k type Number; l type String; m type Object; n type Object; " +
    "o type String; p type Array; q type String; r type Object; s type Object; t type Object; u type Object; " +
    "v type undefined; w type Number; x type In; y type Object; z type Array; " +
    "get paramtypes []; get type String; set paramtypes [Number]; set type Number; one type Map",
);

testAnswer(
  "types of methods, which are there before other decorators are applied",
  typesOf(`
    class M {
      @arg("last") one(@arg("second") a: string, @arg("first") public_: Date): number { return 1; }
      @noted async two(this: M) {}
      @noted three(): Promise<string> { return Promise.resolve(""); }
      @arg("a") @arg("b")
      four(
        a: string, // the first one
        /* the second one */ { b }: { b: string } = { b: "" },
      ) {}
    }`),
  "one returntype Number; one paramtypes [String Date]; one type Function; first one; second one; last one; " +
    "two returntype Promise; two paramtypes []; two type Function; " +
    "three returntype Promise; three paramtypes []; three type Function; " +
    "four returntype undefined; four paramtypes [String Object]; four type Function; b four; a four",
);

testAnswer(
  "a class that is defined later, also in another file that imports this one",
  typesOf(
    `import "./b.ts";
    @noted export class A { constructor(later: Later) {} }
    class Later {}
    const text = "@noted"; void text; /* @noted */`,
    {
      "b.ts": `import { A } from "./main.ts"; import { noted } from "./reflect.ts";
        @noted export class B { constructor(a: A) {} }`,
    },
  ),
  "B paramtypes [Object]; A paramtypes [Object]",
);

for (
  const [name, files] of Object.entries(
    {
      "deno.json": { "deno.json": `{ "compilerOptions": { ${options} } }`, "tsconfig.json": "{}" },
      "a file that tsconfig.json extends": {
        "tsconfig.json": `{ "extends": ["./none.json", "./base/tsconfig"], /* more */ }`,
        "base/tsconfig.json": `{ "extends": "base" }`,
        "node_modules/base/tsconfig.json": `{ "compilerOptions": { ${options} } }`,
      },
    } satisfies Record<string, Tree>,
  )
) {
  testAnswer(
    `types as ${name} asks for them`,
    typesOf("@noted class A { constructor(a: string) {} }", files),
    "A paramtypes [String]",
  );
}

testAnswer("no types without the option, in packages and in JavaScript", {
  ...typesOf(`import "./own.js"; import "packed"; @noted class A { constructor(a: string) {} }`),
  "own.js": `import { noted } from "./reflect.ts"; noted(class B { constructor(a) {} });`,
  "node_modules/packed/index.ts":
    `export {}; const d = (_: any): any => {}; @d class C { constructor(a: string) {} }`,
  "tsconfig.json": `{ "compilerOptions": { "experimentalDecorators": true } }`,
}, "");

testAnswer(
  "what is imported without `type`, but has no value: in a file, a package, a file of declarations, a package of them",
  typesOf(
    `import { Face, Class as Used, type Alias } from "./types.ts";
    import { Option } from "packed";
    import { Declared } from "./only";
    import { Ambient } from "ambient";
    import * as all from "packed";
    @noted class A { constructor(a: Face, b: Alias, c: Option, d: Declared, e: Ambient, f: Used, g: all.Option) {} }`,
    {
      "types.ts": `export interface Face { a: 1 } export type Alias = string; export class Class {}`,
      "only.d.ts": `export interface Declared {}`,
      "node_modules/packed/package.json": `{ "type": "module", "exports": "./index.js" }`,
      "node_modules/packed/index.js": `export const x = 1;`,
      "node_modules/ambient/package.json": `{ "types": "./index.d.ts" }`,
      "node_modules/ambient/index.d.ts": `export interface Ambient {}`,
    },
  ),
  "A paramtypes [Object Object Object Object Object Class Object]",
);

Deno.test("no warnings about types that have no value", async () => {
  using host = new TestHost(typesOf(
    `import * as all from "packed"; @noted class A { constructor(a: all.Option) {} }`,
    {
      "node_modules/packed/package.json": `{ "type": "module", "exports": "./index.js" }`,
      "node_modules/packed/index.js": `export const x = 1;`,
    },
  ));
  assertEquals((await host.bundle()).warnings, []);
});

for (
  const [what, imported, message] of [
    ["file", `import { Service } from "./servce.ts";`, /no such file: ".\/servce.ts"/],
    ["package", `import { Service } from "packd";`, /package "packd" is not installed/],
    ["name", `import { Servce as Service } from "./service.ts";`, /No matching export in "service.ts"/],
  ] as const
) {
  Deno.test(`a wrong ${what} of a type that is to be injected is an error`, async () => {
    using host = new TestHost(typesOf(`${imported}\n@noted class A { constructor(a: Service) {} }`, {
      "service.ts": "export class Service {}",
    }));
    assertMatch((await host.failure()).message, message);
  });
}

testFailure(
  "a syntax error in a module with decorators",
  typesOf("const ü = 1 1;\n@noted class A {}"),
  "app-syntax",
  'cannot load the app: main.ts:2:13: Expected ";" but found "1"',
);

testFailure(
  "a syntax error that hides which types there are",
  typesOf("@noted class A { ü(a: {) {} }"),
  "app-syntax",
  "cannot load the app: main.ts:2:24: Unexpected token",
);
