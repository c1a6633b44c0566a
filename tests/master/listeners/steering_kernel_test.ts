import { encodeProgram, steeringProgram } from "../../../src/core/listeners/steering_program.ts";
import { openLog } from "../../../src/log/logger.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import { ListenOrder } from "../../../src/master/listeners/listen_order.ts";
import { openSteering, type Steering } from "../../../src/master/listeners/steering.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { linuxOnly } from "../../system/linux_only.ts";

const system = createSystem();

/** A worker as steering knows it: a process id, and a listener that the test holds for it. */
interface Worker {
  readonly worker: WorkerHandle;
  readonly listener: Deno.TcpListener;
}

/** As in the fourth column of /proc/net/tcp. */
const tcpStates = { ESTABLISHED: "01", SYN_SENT: "02" } as const;

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Steering with the real kernel under it. */
class TestHost {
  readonly #folder = Deno.makeTempDirSync();
  readonly outside = new FakeSystem();
  readonly steering: Steering;
  readonly workers: Worker[] = [];
  #port = 0;
  #pids = 1_000;

  constructor(under = system) {
    const options = {
      logLevel: "info",
      logFormat: "text",
      errorLogfile: "-",
      accessLogfile: undefined,
    } as const;
    const log = openLog(this.outside, options, { pid: 1 });
    this.steering = openSteering(under, log.logger, "auto", this.post);
  }

  get post(): string {
    return `${this.#folder}/inbox.sock`;
  }

  /** A worker listens and sends its socket, as `worker/listeners.ts` does. */
  join(): Worker {
    return this.listens()();
  }

  /** The same, but the master hears that it listens only when the test calls the returned function. */
  listens(): () => Worker {
    const before = new Set(system.sockets.listeners().map(({ descriptor }) => descriptor));
    const listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port, reusePort: true });
    this.#port = listener.addr.port;
    const [own] = system.sockets.listeners().filter(({ descriptor }) => !before.has(descriptor));
    const pid = this.#pids++;
    const fdPair = system.descriptors.pair();
    const worker = { process: { pid }, fdPair, isAccepting: true } as unknown as WorkerHandle;
    this.steering.expect(worker);
    system.descriptors.sendOver(fdPair.descriptor, [own!.descriptor]);
    system.sockets.close(fdPair.descriptor);
    return () => {
      assert(this.steering.join(worker, [{ hostname: "127.0.0.1", port: this.#port }]));
      fdPair.inbox.close();
      const serving = { worker, listener };
      this.workers.push(serving);
      void this.#serve(serving);
      return serving;
    };
  }

  /** An old master hands over the socket of its only worker, which does not accept any more. */
  adopts(): Deno.TcpListener {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
    this.#port = listener.addr.port;
    const own = system.sockets.listeners().find(({ port }) => port === this.#port);
    system.descriptors.send(this.post, "handover", [own!.descriptor]);
    this.steering.adopt([this.#pids++], 1);
    return listener;
  }

  /** How many connections of clients to the port are in a state. */
  handshakes(state: keyof typeof tcpStates): number {
    const remote = `0100007F:${this.#port.toString(16).padStart(4, "0").toUpperCase()} ${tcpStates[state]} `;
    return Deno.readTextFileSync("/proc/net/tcp").split("\n").filter((row) => row.includes(remote)).length;
  }

  /** Its process ends; the master hears of it only when the test calls the returned function. */
  async dies(worker: Worker): Promise<() => void> {
    const before = this.#openSockets();
    worker.listener.close();
    // The pending accept holds the socket for a moment longer.
    while (this.#openSockets() === before) await new Promise((resolve) => setTimeout(resolve, 1));
    return this.ended(worker);
  }

  /** The same, if the test has closed its listener. */
  ended(worker: Worker): () => void {
    this.workers.splice(this.workers.indexOf(worker), 1);
    Object.assign(worker.worker, { isAccepting: false });
    return () => this.steering.leave(worker.worker);
  }

  #openSockets(): number {
    return system.sockets.listeners().filter(({ port }) => port === this.#port).length;
  }

  /** Which workers accept `count` new connections. */
  async accepts(count: number): Promise<Set<Worker>> {
    const winners = new Set<Worker>();
    for (let connection = 0; connection < count; connection++) {
      const accepted = Promise.withResolvers<Worker>();
      this.#accepted = accepted.resolve;
      using _client = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      winners.add(await accepted.promise);
    }
    return winners;
  }

  /** A client connects; resolves when its connection is made. */
  async visit(): Promise<void> {
    (await this.connect()).close();
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.#port });
  }

  #accepted: (worker: Worker) => void = () => {};

  async #serve(worker: Worker): Promise<void> {
    for await (const connection of worker.listener) {
      connection.close();
      this.#accepted(worker);
    }
  }

  close(): void {
    this.steering.release();
    this.workers.forEach(({ listener }) => listener.close());
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

async function withScene(run: (host: TestHost) => Promise<void>): Promise<void> {
  const host = new TestHost();
  try {
    await run(host);
  } finally {
    host.close();
  }
}

/** Steers to each worker alone and finds out which worker really gets the connections. */
async function proveOrder(host: TestHost): Promise<void> {
  for (const worker of host.workers) {
    host.steering.update(new Set([worker.worker]), true);
    assertEquals(await host.accepts(3), new Set([worker]));
  }
}

linuxOnly(
  "each of five workers is found by its index, and no other worker is",
  () =>
    withScene(async (host) => {
      for (let count = 0; count < 5; count++) host.join();
      await proveOrder(host);
    }),
);

linuxOnly("if the kernel refuses a program while a worker leaves, each socket is closed once", () => {
  const closed: number[] = [];
  let refuses = false;
  const host = new TestHost({
    ...system,
    sockets: {
      ...system.sockets,
      steer(listener, program) {
        if (refuses) throw new Error("no memory");
        system.sockets.steer(listener, program);
      },
    },
    descriptors: {
      ...system.descriptors,
      close(descriptor) {
        closed.push(descriptor);
        system.descriptors.close(descriptor);
      },
    },
  });
  try {
    const workers = [host.join(), host.join(), host.join()];
    host.steering.update(new Set(workers.map(({ worker }) => worker)), true);
    refuses = true;
    host.steering.leave(workers[0]!.worker);
    assertMatch(host.outside.written.stderr, /steering is off: no memory/);
    // By the second time the number could be that of another file.
    assertEquals([closed.length, new Set(closed).size], [3, 3]);
  } finally {
    host.close();
  }
});

/** Connects again and again, also while the event loop of the test is blocked, and reports how the connections ended. */
const clients = `
self.onmessage = async ({ data: { port, begun } }) => {
  const visit = async () => {
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.read(new Uint8Array(1));
      return "served";
    } catch (error) {
      return error.name;
    }
  };
  const visits = Array.from({ length: 20 }, visit);
  // On loopback a connection is made, or its first segment dropped, within the call.
  setTimeout(() => {
    Atomics.store(begun, 0, 1);
    Atomics.notify(begun, 0);
  }, 100);
  self.postMessage(await Promise.all(visits));
};
`;

/**
 * Three workers listen, and the last one serves. After `leave` the master removes the first one from the group; in the
 * moment in which the rest is not steered yet, `between` is called and clients connect. Returns how that ended for them.
 */
async function visitWhileOneLeaves(
  leave: (host: TestHost, first: Worker, second: Worker) => Promise<void>,
  between: (second: Worker) => void = () => {},
): Promise<Set<string>> {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const script = `data:text/javascript,${encodeURIComponent(clients)}`;
  const thread = new globalThis.Worker(script, { type: "module" });
  const ends = new Promise<string[]>((resolve) => thread.onmessage = ({ data }) => resolve(data));
  let visit = () => {};
  const host = new TestHost({
    ...system,
    descriptors: {
      ...system.descriptors,
      close(descriptor) {
        visit();
        visit = () => {};
        system.descriptors.close(descriptor);
      },
    },
  });
  try {
    const [first, second, third] = [host.join(), host.join(), host.join()];
    host.steering.update(new Set([third.worker]), true);
    const { port } = first.listener.addr;
    // No member leaves the group before this master takes over.
    host.steering.freeze();
    await leave(host, first, second);
    visit = () => {
      between(second);
      thread.postMessage({ port, begun });
      Atomics.wait(begun, 0, 0);
    };
    host.steering.takeOver();
    if (host.workers.includes(second)) host.ended(second)();
    const found = new Set(await ends);
    await proveOrder(host);
    return found;
  } finally {
    thread.terminate();
    host.close();
  }
}

linuxOnly("clients that come while two dead workers leave and one serves are all served", async () => {
  const ends = await visitWhileOneLeaves(async (host, first, second) => {
    (await host.dies(first))();
    (await host.dies(second))();
  });
  assertEquals(ends, new Set(["served"]));
});

linuxOnly("clients that come while a dead worker leaves and a draining one ends are all served", async () => {
  const ends = await visitWhileOneLeaves(
    async (host, first) => (await host.dies(first))(),
    (second) => second.listener.close(),
  );
  assertEquals(ends, new Set(["served"]));
});

linuxOnly(
  "a worker that drains while another one leaves accepts again when none serves",
  () =>
    withScene(async (host) => {
      const [first, second] = [host.join(), host.join()];
      const join = host.listens();
      (await host.dies(first))();
      const third = join();
      host.steering.update(new Set([third.worker]), true);
      (await host.dies(third))();
      host.steering.update(new Set(), true);
      assertEquals(await host.accepts(5), new Set([second]));
    }),
);

linuxOnly("if the kernel refuses a program in that moment, a worker that drains still accepts", async () => {
  let isRefused = false;
  const host = new TestHost({
    ...system,
    sockets: {
      ...system.sockets,
      steer(listener, program) {
        if (isRefused) throw new Error("no memory");
        system.sockets.steer(listener, program);
      },
    },
  });
  try {
    const [first, second, third] = [host.join(), host.join(), host.join()];
    host.steering.update(new Set([third.worker]), true);
    const learn = await host.dies(first);
    isRefused = true;
    learn();
    assertMatch(host.outside.written.stderr, /steering is off: no memory/);
    // The kernel chooses by the number of the client's port.
    const winners = new Set<Worker>();
    while (winners.size < 2) (await host.accepts(5)).forEach((worker) => winners.add(worker));
    assertEquals(winners, new Set([second, third]));
  } finally {
    host.close();
  }
});

linuxOnly(
  "the order stays known through joins, leaves and kills, also several before the master looks",
  () =>
    withScene(async (host) => {
      // A fixed pseudo-random sequence, so that a failure can be repeated.
      let seed = 7;
      const random = (below: number) => (seed = seed * 48_271 % 2_147_483_647) % below;
      for (let round = 0; round < 12; round++) {
        while (host.workers.length < 3 + random(3)) host.join();
        const learned: (() => void)[] = [];
        for (let restartPolicy = random(3); restartPolicy > 0; restartPolicy--) {
          learned.push(await host.dies(host.workers[random(host.workers.length)]!));
        }
        // Two workers die at once, and the master hears of it in the other order.
        learned.reverse().forEach((learn) => learn());
        if (random(2) === 0) host.join();
        await proveOrder(host);
      }
    }),
);

linuxOnly(
  "a death the master does not know of yet leads no connection to a worker it did not choose",
  () =>
    withScene(async (host) => {
      const [first, second, third] = [host.join(), host.join(), host.join()];
      host.steering.update(new Set([second.worker]), true);
      const learn = await host.dies(first);
      assertEquals(await host.accepts(10), new Set([second]));
      learn();
      assertEquals(await host.accepts(10), new Set([second]));
      assert(host.workers.includes(third));
    }),
);

linuxOnly(
  "who leaves while another begins to listen does not confuse the order",
  () =>
    withScene(async (host) => {
      const [first] = [host.join(), host.join(), host.join()];
      const learn = host.listens();
      (await host.dies(first))();
      learn();
      await proveOrder(host);
    }),
);

linuxOnly(
  "the listeners of the last workers stay open until another worker listens: clients wait for it",
  () =>
    withScene(async (host) => {
      const dying = [host.join(), host.join()];
      host.steering.update(new Set(dying.map(({ worker }) => worker)), true);
      const learned = [await host.dies(dying[1]!), await host.dies(dying[0]!)];
      host.steering.update(new Set(), true);
      const early = host.visit();
      learned.forEach((learn) => learn());
      const late = host.visit();
      const next = host.join();
      await Promise.all([early, late]);
      assertEquals(await host.accepts(5), new Set([next]));
      await proveOrder(host);
    }),
);

linuxOnly(
  "what waits in the queue of a dead worker is reset at once, not when the next one listens",
  () =>
    withScene(async (host) => {
      // With net.ipv4.tcp_migrate_req=1 the next one serves them.
      if (system.sockets.areMigrated()) return;
      const only = host.join();
      host.steering.update(new Set([only.worker]), true);
      const learn = await host.dies(only);
      using waiting = await host.connect();
      await waiting.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      learn();
      host.steering.update(new Set(), true);
      await assertRejects(() => waiting.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
      const late = host.visit();
      host.join();
      await late;
    }),
);

linuxOnly(
  "without a worker for too long, or if none is awaited, new connections are refused",
  () =>
    withScene(async (host) => {
      const only = host.join();
      host.steering.update(new Set([only.worker]), true);
      (await host.dies(only))();
      host.steering.update(new Set(), true);
      host.steering.tick(60_000);
      assertEquals(host.outside.written.stderr, "");
      host.steering.tick(0);
      assertMatch(host.outside.written.stderr, /no worker has listened for 0: new connections are refused/);
      await assertRejects(() => host.visit(), Deno.errors.ConnectionRefused);

      const next = host.join();
      host.steering.update(new Set([next.worker]), true);
      (await host.dies(next))();
      host.steering.update(new Set(), true);
      host.steering.update(new Set(), false);
      await assertRejects(() => host.visit(), Deno.errors.ConnectionRefused);
      host.steering.tick(0);
      assertEquals(host.outside.written.stderr.split("\n").length, 2);
    }),
);

linuxOnly(
  "a draining worker gets the new connections as long as no other can",
  () =>
    withScene(async (host) => {
      const [dying, draining] = [host.join(), host.join()];
      host.steering.update(new Set([dying.worker]), true);
      (await host.dies(dying))();
      host.steering.update(new Set(), true);
      assertEquals(await host.accepts(5), new Set([draining]));
    }),
);

linuxOnly(
  "a master that takes over steers again, whatever another one has installed meanwhile",
  () =>
    withScene(async (host) => {
      const [own, other] = [host.join(), host.join()];
      host.steering.update(new Set([own.worker]), true);
      assertEquals(await host.accepts(10), new Set([own]));
      const { port } = own.listener.addr;
      const listener = system.sockets.listeners().find((socket) => socket.port === port)!;
      system.sockets.steer(listener.descriptor, encodeProgram(steeringProgram(2, [1])));
      assertEquals(await host.accepts(10), new Set([other]));
      host.steering.takeOver();
      assertEquals(await host.accepts(10), new Set([own]));
    }),
);

linuxOnly("among several eligible workers each gets its share", () =>
  withScene(async (host) => {
    const workers = [host.join(), host.join(), host.join(), host.join()];
    const eligible = [workers[1]!, workers[3]!];
    host.steering.update(new Set(eligible.map(({ worker }) => worker)), true);
    assertEquals(await host.accepts(40), new Set(eligible));
  }));

/** What is no listener is closed by a thread of its own. */
async function untilEqual(count: () => number, wanted: number): Promise<void> {
  for (const end = performance.now() + 20_000; count() !== wanted && performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assertEquals(count(), wanted);
}

linuxOnly(
  "a worker that sends other sockets than its listeners does not join, and the master keeps none of them",
  () =>
    withScene(async (host) => {
      const first = host.join();
      const { port } = first.listener.addr as Deno.NetAddr;
      const openFiles = () => Array.from(Deno.readDirSync("/proc/self/fd")).length;
      using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const before = openFiles();
      const known = system.sockets.listeners();
      const at = (wanted: number) => known.find((listener) => listener.port === wanted)!.descriptor;
      for (const sent of [[], [0], [at(other.addr.port)], [at(port), at(port)]]) {
        const fdPair = system.descriptors.pair();
        const stranger = { process: { pid: 1 }, slot: 3, fdPair } as unknown as WorkerHandle;
        if (sent.length > 0) {
          system.descriptors.sendOver(fdPair.descriptor, [at(port)]);
          system.descriptors.sendOver(fdPair.descriptor, sent);
        }
        const joined = host.steering.join(stranger, [{ hostname: "127.0.0.1", port }]);
        assertEquals(joined, false, `${sent}`);
        system.sockets.close(fdPair.descriptor);
        fdPair.inbox.close();
      }
      await untilEqual(openFiles, before);
      assertEquals([host.steering.isOn, host.outside.written.stderr], [true, ""]);
      await proveOrder(host);
    }),
);

linuxOnly(
  "the first worker whose sockets do not arrive turns steering off, a later one cannot stay",
  () =>
    withScene((host) => {
      const address = { hostname: "127.0.0.1", port: 8000 };
      const order = new ListenOrder(system.clock, host.steering, { bind: [address] });
      const stranger = { process: { pid: 1 }, slot: 3, fdPair: null } as unknown as WorkerHandle;
      host.join();
      assertEquals(order.join(stranger, [address], undefined), "the listeners of worker 3 did not arrive");
      assertEquals(order.join(stranger, [address], "no /proc"), "no /proc");
      assertEquals([host.steering.isOn, host.outside.written.stderr], [true, ""]);

      const other = new TestHost();
      const first = new ListenOrder(system.clock, other.steering, { bind: [address] });
      assertEquals(first.join(stranger, [address], "no /proc"), null);
      assertEquals(first.join(stranger, [address], "no /proc"), null);
      assertEquals(other.steering.isOn, false);
      assertMatch(other.outside.written.stderr, /^[^\n]*steering is off: no \/proc[^\n]*\n$/);
      other.close();
      return Promise.resolve();
    }),
);

linuxOnly(
  "a stranger in the group is noticed: the order is not known while it is there",
  () =>
    withScene((host) => {
      host.join();
      host.join();
      assertEquals(host.steering.isOrderKnown, true);
      const learn = host.listens();
      assertEquals(host.steering.isOrderKnown, false);
      learn();
      assertEquals(host.steering.isOrderKnown, true);
      return Promise.resolve();
    }),
);

linuxOnly(
  "without workers the listeners of an old master get no connection either",
  () =>
    withScene(async (host) => {
      const old = host.adopts();
      host.steering.takeOver();
      const { worker } = host.join();
      host.steering.update(new Set([worker]), true);
      host.steering.refuse();
      host.steering.update(new Set(), false);
      const attempts = Array.from({ length: 8 }, () => host.connect());
      // A handshake on loopback ends before connect(2) returns: one that waits is not going to be made.
      while (host.handshakes("SYN_SENT") + host.handshakes("ESTABLISHED") < 8) await turn();
      assertEquals(host.handshakes("ESTABLISHED"), 0);
      host.steering.shut();
      old.close();
      host.workers.forEach(({ listener }) => listener.close());
      host.workers.length = 0;
      assertEquals(
        (await Promise.allSettled(attempts)).map(({ status }) => status),
        Array(8).fill("rejected"),
      );
    }),
);

linuxOnly(
  "of what arrives for a dead master only the listeners of its workers are kept",
  () =>
    withScene(async (host) => {
      const openFiles = () => Array.from(Deno.readDirSync("/proc/self/fd")).length;
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const { descriptor } = system.sockets.listeners().find((known) => known.port === port)!;
      const before = openFiles();
      const send = (descriptors: readonly number[]) => system.descriptors.send(host.post, "", descriptors);
      send([0]);
      send([descriptor, descriptor]);
      send([descriptor]);
      assertEquals(host.steering.adoptFromWorkers([1], 1), false);
      await untilEqual(openFiles, before);

      send([0]);
      send([descriptor]);
      send([descriptor]);
      assertEquals(host.steering.adoptFromWorkers([Deno.pid], 1), true);
      await untilEqual(openFiles, before + 1);
    }),
);
