import { lazyModule, loadLazyModules } from "../../src/system/lazy_module.ts";
import { assertEquals, assertRejects } from "../assert.ts";

Deno.test("a module is loaded once, and again only after a failure", async () => {
  let loads = 0;
  const module = lazyModule(() =>
    ++loads === 1 ? Promise.reject(new Error("no thread")) : Promise.resolve(loads)
  );
  await assertRejects(module, Error, "no thread");
  assertEquals([await module(), await module()], [2, 2]);
});

Deno.test("all modules are loaded, also those that a module registers, whether or not one fails", async () => {
  const loaded: string[] = [];
  lazyModule(() => {
    lazyModule(() => Promise.resolve(loaded.push("inner")));
    return Promise.resolve(loaded.push("outer"));
  });
  lazyModule(() => Promise.reject(new Error("not there")));
  lazyModule(() => Promise.resolve(loaded.push("last")));
  await loadLazyModules();
  assertEquals(loaded, ["outer", "last", "inner"]);
});
