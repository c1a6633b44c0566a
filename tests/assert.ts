/** The assertions of the std library, with types: every test imports them from here. */
// @ts-types="../types/deno_std_assert.d.ts"
export * from "deno-std/assert/mod.js";
