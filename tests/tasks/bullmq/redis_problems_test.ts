import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { evictionProblem } from "../../../src/tasks/bullmq/bullmq_store.ts";
import { redisProblem } from "../../../src/tasks/bullmq/redis_problem.ts";
import { objectionTo, serverReport } from "../../../src/tasks/bullmq/server_report.ts";
import { type TaskStore, TaskStoreError } from "../../../src/tasks/task_store.ts";
import { newTask } from "../store_contract.ts";
import { redisTest } from "./redis_server.ts";

async function refusal(store: TaskStore, timeout = 0): Promise<string> {
  const { message } = await assertRejects(() => store.add([newTask()], timeout), TaskStoreError);
  return message;
}

redisTest(
  "adding fails with what to do while the server is away, at once or after the time to wait",
  async (server) => {
    await server.end();
    const store = server.store({}, "?queue=q", "user:secret@");
    const begin = performance.now();
    const said = `cannot add the task greet: Redis at redis://127.0.0.1:${server.port}/0 does not answer ` +
      `(connect ECONNREFUSED 127.0.0.1:${server.port}): start it, or correct task-store`;
    assertEquals(await refusal(store), said);
    assert(performance.now() - begin < 1500);
    assertEquals(await refusal(store, 300), said);
    assert(performance.now() - begin >= 300);
    await assertRejects(() => store.counts(), TaskStoreError, "cannot count the tasks: ");
  },
);

redisTest("adding waits for a server that comes back in time", async (server) => {
  const [store, fresh] = [server.store(), server.store()];
  await store.add([newTask()], 0);
  await server.end();
  const adding = [store.add([newTask()], 20_000), fresh.add([newTask()], 20_000)];
  await server.run();
  assertEquals((await Promise.all(adding)).flat().length, 2);
  assertEquals((await store.counts()).waiting, 3);
});

redisTest("a server that keeps its connections and says nothing is away", async (server) => {
  const store = server.store();
  await store.add([newTask()], 0);
  server.signal("SIGSTOP");
  assert((await refusal(store)).includes("does not answer (no answer within 2 s)"));
  server.signal("SIGCONT");
  await store.add([newTask()], 20_000);
});

redisTest("a wrong password is said, and never shown", async (server) => {
  const message = await refusal(server.store({}, "", ":wrong@"), 5000);
  assert(message.includes("refuses the password (WRONGPASS"), message);
  assert(!message.includes("wrong@"));
  assert((await refusal(server.store(), 5000)).includes("refuses the password (NOAUTH"));
  await server.store({}, "", ":right@").add([newTask()], 5000);
}, ["--requirepass", "right"]);

redisTest("a full server, a replica and one that evicts are said", async (server) => {
  const store = server.store();
  await store.add([newTask()], 0);
  assertEquals(await evictionProblem(store), null);
  await server.command("CONFIG SET maxmemory 1000");
  assert((await refusal(store)).includes("has reached its maxmemory: raise it"));
  await server.command("CONFIG SET maxmemory 0");
  await store.add([newTask()], 0);
  await server.command("CONFIG SET maxmemory-policy allkeys-lru");
  assert((await evictionProblem(server.store()))?.endsWith("set maxmemory-policy noeviction"));
  await server.command("REPLICAOF 127.0.0.1 1");
  assert((await refusal(store)).includes("is a replica, which takes no tasks"));
  assert((await refusal(server.store())).includes("is a replica, which takes no tasks"));
  await server.command("REPLICAOF NO ONE");
  await server.until("it takes tasks again", () => store.add([newTask()], 0).then(() => true, () => false));
});

redisTest("a cluster and a database that is not there are said", async (server) => {
  assert((await refusal(server.store(), 1000)).includes("is part of a cluster"));
}, ["--cluster-enabled", "yes"]);

redisTest("a consumer says once that the server is away, and goes on by itself", async (server) => {
  await server.end();
  const states: (string | null)[] = [];
  const store = server.store();
  let runs = 0;
  store.consume({
    concurrency: 2,
    owner: "one",
    run: () => Promise.resolve(void runs++).then(() => null),
    onState: (problem) => states.push(problem),
    onDead: () => {},
  });
  await server.until("it is said", () => states.length === 1);
  for (let round = 1; round <= 2; round++) {
    await server.run();
    await server.store().add([newTask()], 5000);
    await server.until("the task ran", () => runs === round);
    await server.end();
    await server.until("it is said", () => states.length === 2 * round + 1);
  }
  assertEquals(states.map((problem) => problem === null), [false, true, false, true, false]);
  assert(states[0]?.startsWith(`Redis at redis://127.0.0.1:${server.port}/0 does not answer (`));
});

redisTest("a consumer says that the server is full, and goes on when it is not", async (server) => {
  const states: (string | null)[] = [];
  const store = server.store();
  await store.add([newTask()], 0);
  await server.command("CONFIG SET maxmemory 1000");
  let runs = 0;
  store.consume({
    concurrency: 2,
    owner: "one",
    run: () => Promise.resolve(void runs++).then(() => null),
    onState: (problem) => states.push(problem),
    onDead: () => {},
  });
  await server.until("it is said", () => states.length === 1);
  assert(states[0]?.includes("has reached its maxmemory"), `${states[0]}`);
  await server.command("CONFIG SET maxmemory 0");
  await server.until("it is done", async () => (await store.counts()).done === 1);
  await server.until("it is said", () => states.at(-1) === null);
});

Deno.test("an old server and one of a cluster are objected to", () => {
  const report = (lines: string) => serverReport(lines.replaceAll("\n", "\r\n"));
  const old = objectionTo(report("# Server\nredis_version:6.0.16\nrole:master\n"));
  assertEquals(
    redisProblem("redis://h:1", new Error(old ?? "")),
    "Redis at redis://h:1 is too old (6.0.16): it has to be 6.2 or newer",
  );
  assertEquals(objectionTo(report("redis_version:6.2.0\nrole:master\ncluster_enabled:0\n")), null);
});

Deno.test("TLS that fails is not confused with a server that is away", () => {
  const said = (place: string, message: string, code: string) =>
    redisProblem(place, Object.assign(new Error(message), { code }));
  const distrust =
    "let DENO_CERT name the file of its authority, correct the certificate, or correct task-store";
  assertEquals(
    said("rediss://h:1", "certificate has expired", "CERT_HAS_EXPIRED"),
    `Redis at rediss://h:1 has no certificate that is trusted (certificate has expired): ${distrust}`,
  );
  assertEquals(
    said("rediss://h:1", "write UNKNOWN", "UNKNOWN"),
    `Redis at rediss://h:1 has no certificate that is trusted (write UNKNOWN): ${distrust}`,
  );
  assertEquals(
    said("redis://h:1", "write UNKNOWN", "UNKNOWN"),
    "Redis at redis://h:1 does not answer (write UNKNOWN): start it, or correct task-store",
  );
  assertEquals(
    said("rediss://h:1", "received fatal alert: CertificateRequired", ""),
    "Redis at rediss://h:1 asks for a certificate of its clients: set tls-auth-clients no, and use a password",
  );
});
