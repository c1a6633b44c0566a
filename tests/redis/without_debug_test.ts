import { withoutDebug } from "../../src/redis/without_debug.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the variable is hidden until the last of what is loaded at once is there", async () => {
  const seen: (string | undefined)[] = [];
  let value: string | undefined = "*";
  const host = { env: () => value, setEnv: (_: string, set: string | undefined) => void (value = set) };
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const loading = [withoutDebug(host, () => first.promise), withoutDebug(host, () => second.promise)];
  seen.push(value);
  first.resolve("first");
  await loading[0];
  seen.push(value);
  second.resolve("second");
  assertEquals(await Promise.all(loading), ["first", "second"]);
  assertEquals([...seen, value], [undefined, undefined, "*"]);
});
