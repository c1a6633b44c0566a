import app from "../../examples/hello/main.ts";
import { assertEquals } from "../assert.ts";

Deno.test("hello says hello, and which process it is", async () => {
  assertEquals(await (await app.request("/")).text(), "Hello, World!");
  assertEquals(await (await app.request("/pid")).text(), `${Deno.pid}`);
});
