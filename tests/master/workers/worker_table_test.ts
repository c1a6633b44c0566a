import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

Deno.test("a token works once", () => {
  const host = new FakeWorkers();
  const worker = host.booting(0);
  assertEquals(host.workerTable.redeem("token-0"), worker);
  assertEquals(host.workerTable.redeem("token-0"), null);
});

Deno.test("the token of a worker that died before it connected is not valid any more", () => {
  const host = new FakeWorkers();
  const [dead, other] = [host.booting(0), host.booting(1)];
  host.workerTable.remove(dead);
  assertEquals(host.workerTable.redeem("token-0"), null);
  assertEquals(host.workerTable.redeem("token-1"), other);
});
