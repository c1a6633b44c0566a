import { openLog } from "../../../src/log/logger.ts";
import { SharedSockets } from "../../../src/master/listeners/shared_sockets.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import type { ToWorker } from "../../../src/protocol/messages.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { resolve } from "../../settings/resolving.ts";

/** A machine with sockets at paths, and masters that have them. */
function setUp(...args: string[]) {
  const system = new FakeSystem();
  const log = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 });
  /** By path, the process that listens; `null` for a file that it has left. */
  const listening = new Map<string, number | null>();
  const numbers = new Map<string, number>();
  const refused: number[] = [];
  const owners: string[] = [];
  let next = 100;
  system.files.lstat = (path) =>
    listening.has(path)
      ? {
        ...{ isFile: false, isDirectory: false, isSymlink: false, isSocket: path.endsWith(".sock") },
        ...{ size: 0, uid: 0, mode: 0o660, inode: numbers.get(path) ?? 1, modifiedAt: 0 },
      }
      : null;
  system.files.remove = (path) => void listening.delete(path);
  system.files.changeOwner = (path, uid, gid) => void owners.push(`${path} ${uid} ${gid}`);
  system.texts.set("/etc/group", "www-data:x:33:\n");
  system.descriptors.keep = () => {};
  system.unixSockets = {
    ...system.unixSockets,
    listen(path) {
      if (path.startsWith("/root/")) throw new Error("bind: Permission denied");
      listening.set(path, system.host.pid);
      numbers.set(path, ++next);
      return next;
    },
    listenerAt: (path) => listening.get(path) ?? null,
    refuse: (descriptor) => void refused.push(descriptor),
  };
  const master = () => {
    const { settings } = resolve({ args });
    return new SharedSockets(system, log.logger, settings, {});
  };
  return { system, listening, refused, owners, master, sockets: master() };
}

function worker(slot: number): WorkerHandle & { readonly told: string[] } {
  const told: string[] = [];
  const send = (message: ToWorker) => {
    if (message.type === "accept") told.push(message.sockets.join());
    return Promise.resolve();
  };
  return { slot, told, send } as unknown as WorkerHandle & { readonly told: string[] };
}

Deno.test("a stale socket is replaced, and one that a process listens on is not", async () => {
  const { listening, system, sockets, master } = setUp("-b", "unix:/run/app.sock");
  listening.set("/run/app.sock", null);
  await sockets.openAtStart();
  assertEquals(listening.get("/run/app.sock"), 41);
  assert(system.written.stderr.includes("replaced the socket /run/app.sock: no process listened on it"));
  system.alive.add(41);
  const { message } = await master().openAtStart().then(() => new Error("opened"), (error) => error);
  assertEquals(
    message,
    "cannot listen: unix:/run/app.sock is in use by process 41: stop that program, or choose another --bind",
  );
});

Deno.test("a start waits until the workers of a master that was killed have left its socket", async () => {
  const { listening, system, sockets } = setUp("-b", "unix:/run/app.sock");
  listening.set("/run/app.sock", 7);
  const opened = sockets.openAtStart();
  await system.clock.advance(200);
  listening.set("/run/app.sock", null);
  await system.clock.advance(200);
  await opened;
  assertEquals(listening.get("/run/app.sock"), 41);
});

Deno.test("what cannot be opened leaves nothing open, and says why", () => {
  const { listening, refused, sockets } = setUp("-b", "unix:/run/app.sock", "-b", "unix:/root/app.sock");
  const { message } = assertThrows(() => sockets.require(), Error);
  assertEquals(
    message,
    "cannot listen: unix:/root/app.sock: the user of this process may not create it (bind: Permission denied): let it " +
      "write to that directory, or choose another --bind",
  );
  assertEquals([[...listening.keys()], refused.length], [[], 1]);
});

Deno.test("the owner is the one of the setting", () => {
  const { sockets, owners } = setUp("-b", "unix:/run/app.sock", "--unix-socket-owner", ":www-data");
  sockets.require();
  assertEquals(owners, ["/run/app.sock null 33"]);
});

Deno.test("the last master removes its files, unless others stand there, and a later worker opens them again", () => {
  const { listening, refused, sockets } = setUp("-b", "unix:/run/app.sock");
  assertEquals(sockets.require(), [101]);
  assertEquals(sockets.require(), [101]);
  sockets.refuse();
  assertEquals([listening.size, refused], [0, [101]]);
  assertEquals(sockets.require(), [102]);
});

Deno.test("in an upgrade the sockets stay, whichever master ends", () => {
  const { listening, refused, sockets, master } = setUp("-b", "unix:/run/app.sock");
  sockets.require();
  const failed = master();
  failed.adopt(sockets.opened, []);
  assertEquals(failed.require(), [101]);
  failed.refuse();
  const successor = master();
  successor.adopt(sockets.opened, []);
  const own = worker(0);
  successor.update(new Set([own]), [own]);
  assertEquals(own.told, [], "the old workers accept until the old master has retired");
  sockets.leave();
  sockets.refuse();
  successor.own();
  successor.update(new Set([own]), [own]);
  assertEquals([own.told, listening.size, refused], [["0"], 1, []]);
  successor.refuse();
  assertEquals([listening.size, refused], [0, [101]]);
});

Deno.test("an upgrade keeps the sockets: one that lacks them is refused", () => {
  const { sockets } = setUp("-b", "127.0.0.1:80");
  const { message } = assertThrows(
    () => sockets.adopt([{ path: "/run/old.sock", descriptor: 9 }], []),
    Error,
  );
  assert(
    message.startsWith("cannot take over: unix:/run/old.sock is not in bind any more: an upgrade keeps"),
  );
});

Deno.test("the master tells each worker once from which sockets to accept", () => {
  const { sockets } = setUp("-b", "unix:/run/all.sock", "-b", "unix:/run/{slot}.sock", "-w", "2");
  assertEquals(sockets.texts(), ["unix:/run/all.sock", "unix:/run/0.sock", "unix:/run/1.sock"]);
  sockets.require();
  const [first, second] = [worker(0), worker(1)];
  const both = [first, second];
  sockets.update(new Set([first]), [first]);
  sockets.update(new Set([first]), [first]);
  assertEquals(first.told, ["0,1,2"]);
  sockets.update(new Set(both), both);
  assertEquals([first.told, second.told], [["0,1,2", "0,1"], ["0,2"]]);
  sockets.update(new Set([second]), both);
  assertEquals([first.told, second.told], [["0,1,2", "0,1", ""], ["0,2", "0,2,1"]]);
});

/** Descriptor 3 is a socket of TCP, 4 one of Unix, and nothing else is open. */
function passSockets(system: FakeSystem): void {
  system.descriptors.take = (descriptor) =>
    descriptor === 3
      ? { hostname: "127.0.0.1", port: 80, descriptor }
      : descriptor === 4
      ? { path: "/run/given.sock", descriptor, isInherited: true }
      : "not open";
  system.sockets.waiting = (descriptor) => descriptor;
}

Deno.test("inherited sockets are taken in the order of bind, shared by all workers, and never ended", () => {
  const { system, listening, refused, sockets } = setUp(
    "-b",
    "fd://4",
    "-b",
    "unix:/run/app.sock",
    "-b",
    "fd://3",
  );
  passSockets(system);
  assertEquals(sockets.texts(), ["fd://4", "unix:/run/app.sock", "fd://3"]);
  assertEquals(sockets.require(), [4, 101, 3]);
  assertEquals([sockets.inherited, sockets.opened], [[4, 3], [{ path: "/run/app.sock", descriptor: 101 }]]);
  assertEquals(sockets.texts(({ port }) => `http://${port}`), [
    "unix:/run/given.sock (inherited)",
    "unix:/run/app.sock",
    "http://80 (inherited)",
  ]);
  assertEquals(sockets.waiting, 3, "the kernel tells it of TCP only");
  const own = worker(0);
  sockets.update(new Set([own]), [own]);
  assertEquals(own.told, ["0,1,2"]);
  sockets.refuse();
  assertEquals([refused, listening.size, sockets.inherited], [[101], 0, [4, 3]]);
  sockets.update(new Set(), [own]);
  assertEquals(own.told, ["0,1,2"], "it accepts what waits at the one that refuses");
  assertEquals(sockets.require(), [4, 102, 3]);
});

Deno.test("what is no socket that can be served is an error that says what to do", () => {
  const { system, sockets } = setUp("-b", "fd://7");
  passSockets(system);
  const { message } = assertThrows(() => sockets.require(), Error);
  assertEquals(
    message,
    "cannot listen: fd://7 is not open: let the process that starts denicorn pass a listening socket under this number, " +
      "or choose another --bind",
  );
});

Deno.test("a successor takes the same inherited sockets, and is refused where it lacks one or names another", () => {
  const { system, sockets } = setUp("-b", "fd://3", "-b", "unix:/run/app.sock");
  passSockets(system);
  sockets.require();
  const successor = (...args: string[]) => {
    const other = setUp(...args);
    passSockets(other.system);
    other.sockets.adopt(sockets.opened, sockets.inherited);
    return other.sockets;
  };
  assertEquals(successor("-b", "unix:/run/app.sock", "-b", "fd://3").require(), [101, 3]);
  const refusal = (...args: string[]) => assertThrows(() => successor(...args), Error).message;
  assert(refusal("-b", "unix:/run/app.sock").startsWith("cannot take over: fd://3 is not in bind any more"));
  assert(
    refusal("-b", "unix:/run/app.sock", "-b", "fd://3", "-b", "fd://9").startsWith(
      "cannot listen: fd://9 is not open",
    ),
  );
});
