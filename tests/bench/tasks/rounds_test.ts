import { assertEquals } from "../../assert.ts";
import { interleaved } from "../../../bench/tasks/rounds.ts";

const subjects = [{ name: "a" }, { name: "b" }];

Deno.test("each round measures all subjects, one after the other", async () => {
  const order: string[] = [];
  const outcomes = await interleaved(subjects, 2, ({ name }) => {
    order.push(name);
    return Promise.resolve(order.length);
  });
  assertEquals(order, ["a", "b", "a", "b"]);
  assertEquals(outcomes.get("a"), { measured: [1, 3], failure: null });
  assertEquals(outcomes.get("b"), { measured: [2, 4], failure: null });
});

Deno.test("a subject that fails is measured no more, says why, and ends no other one", async () => {
  const order: string[] = [];
  const outcomes = await interleaved(subjects, 3, ({ name }) => {
    order.push(name);
    return order.length === 3 ? Promise.reject(new Error("only 1 of 2 tasks\nmore")) : Promise.resolve(7);
  });
  assertEquals(order, ["a", "b", "a", "b", "b"]);
  assertEquals(outcomes.get("a"), { measured: [7], failure: "only 1 of 2 tasks" });
  assertEquals(outcomes.get("b"), { measured: [7, 7, 7], failure: null });
});
