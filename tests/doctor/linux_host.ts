import { encodeProgram, steeringProgram } from "../../src/core/listeners/steering_program.ts";
import type { Finding, Subject } from "../../src/doctor/check.ts";
import { checks } from "../../src/doctor/checks.ts";
import type { Connection, FetchHandler, FileInfo, System, TcpListener } from "../../src/system/system.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

export const settings: Subject["settings"] = {
  app: undefined,
  workers: 2,
  spareWorkers: 0,
  backlog: 2048,
  bind: [{ hostname: "127.0.0.1", port: 8000 }],
  redirectHttp: [],
  steering: "auto",
  user: undefined,
  group: undefined,
  taskStore: { kind: "sqlite", path: "./tasks.db" },
  channelUrl: undefined,
};

/** The programs that choose the first or the second of two listeners. */
const programs = [0, 1].map((index) => encodeProgram(steeringProgram(2, [index])).join());

/** The files of a machine that has everything that Denicorn needs. */
const files = {
  "/proc/sys/kernel/osrelease": "6.1.0-9-amd64\n",
  "/proc/self/stat": "41 (denicorn) S",
  "/proc/self/smaps_rollup": "Rss: 1 kB",
  "/proc/self/limits": "Max open files            4096                 524288               files     \n",
  "/proc/sys/net/ipv4/tcp_migrate_req": "1\n",
  "/proc/sys/net/core/somaxconn": "4096\n",
  "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
  "/proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
  "/proc/cpuinfo": "processor\t: 0\n\nprocessor\t: 1\n",
  "/proc/meminfo": "MemTotal:        8388608 kB\n",
  "/proc/self/cgroup": "0::/\n",
};

/**
 * A Linux machine. Its kernel groups listeners by port, in the order they were opened, gives a connection to the
 * listener that the group's program chooses, and passes sockets between processes.
 */
export class LinuxHost implements System {
  readonly #fake = new FakeSystem();
  readonly clock = this.#fake.clock;
  readonly texts = this.#fake.texts;
  readonly processes = this.#fake.processes;
  readonly openFiles = this.#fake.openFiles;
  readonly nodeHttp = this.#fake.nodeHttp;
  readonly databases = this.#fake.databases;
  readonly servedFolder = this.#fake.servedFolder;
  readonly unixSockets = this.#fake.unixSockets;
  readonly written = this.#fake.written;
  readonly variables = this.#fake.variables;
  host: System["host"] = this.#fake.host;
  /** The operations that the kernel refuses, with the reasons. */
  readonly refuses = new Map<"steer" | "send" | "serve" | "memfd" | "/dev/shm" | "/tmp", string>();
  /** False for a kernel that accepts programs and ignores them. */
  obeysPrograms = true;
  /** Directories that were created and not removed. */
  readonly directories = new Set<string>();
  parentMode = 0o1777;

  readonly #handlers = new Map<number, FetchHandler>();
  #listeners: TcpListener[] = [];
  #chosen = 0;
  #sent: number[] = [];
  #next = 7;

  constructor() {
    for (const [path, text] of Object.entries(files)) this.texts.set(path, text);
  }

  readonly files: System["files"] = {
    ...this.#fake.files,
    stat: (path) => this.#directory(path) ?? this.#fake.files.stat(path),
    lstat: (path) => this.#directory(path) ?? this.#fake.files.lstat(path),
    makePrivateDirectory: (parent, prefix) => {
      if (parent === "/tmp") this.#check("/tmp");
      this.directories.add(`${parent}/${prefix}1`);
      return `${parent}/${prefix}1`;
    },
    remove: (path) => {
      this.directories.delete(path);
      this.texts.delete(path);
    },
  };

  readonly network: System["network"] = {
    ...this.#fake.network,
    listenUnix: () => ({ accept: async function* () {}, close: () => {} }),
    serve: (options, handler) => {
      this.#check("serve");
      const port = options.address.port || 40_000;
      const listener = this.#listen(port);
      this.#handlers.set(listener.descriptor, handler);
      const stopAccepting = () => Promise.resolve(this.sockets.close(listener.descriptor));
      return { address: { ...options.address, port }, stopAccepting };
    },
    connectTcp: () => Promise.resolve(this.#connection()),
  };

  readonly sockets: System["sockets"] = {
    ...this.#fake.sockets,
    listeners: () => this.#listeners,
    steer: (_, program) => {
      this.#check("steer");
      if (this.obeysPrograms) this.#chosen = programs.findIndex((known) => known === program.join());
    },
    close: (descriptor) => {
      this.#listeners = this.#listeners.filter((listener) => listener.descriptor !== descriptor);
    },
  };

  readonly descriptors: System["descriptors"] = {
    ...this.#fake.descriptors,
    pair: () => ({
      descriptor: -1,
      inbox: {
        receive: () => {
          const copies = this.#sent.splice(0).map((own) =>
            this.#listen(this.#listeners.find(({ descriptor }) => descriptor === own)!.port).descriptor
          );
          return [{ tag: "", sender: null, descriptors: copies }];
        },
        close: () => {},
      },
    }),
    close: (descriptor) => this.sockets.close(descriptor),
    sendOver: (_outlet, descriptors) => {
      this.#check("send");
      this.#sent.push(...descriptors);
    },
  };

  readonly memory: System["memory"] = (() => {
    const buffers: ArrayBuffer[] = [];
    const create = (size: number) => {
      const buffer = new ArrayBuffer(size);
      return { buffer, descriptor: buffers.push(buffer) - 1 };
    };
    return {
      createSealed: (size) => {
        this.#check("memfd");
        return create(size);
      },
      createUnnamed: (directory, size) => {
        this.#check(directory === "/dev/shm" ? directory : "/tmp");
        return create(size);
      },
      adopt: (descriptor) => buffers[descriptor]!,
      isAbandoned: () => false,
    };
  })();

  /** Sockets that are still open. */
  get open(): readonly TcpListener[] {
    return this.#listeners;
  }

  #listen(port: number): TcpListener {
    const listener = { descriptor: this.#next++, port };
    this.#listeners = [...this.#listeners, listener];
    return listener;
  }

  #connection(): Connection {
    const handler = this.#handlers.get(this.#listeners[this.#chosen]!.descriptor)!;
    const info = { remoteAddr: { transport: "tcp" }, completed: Promise.resolve() };
    return {
      receive: async function* () {
        const response = await handler(new Request("http://127.0.0.1/"), info);
        yield new TextEncoder().encode(`HTTP/1.1 200 OK\r\n\r\n${await response.text()}`);
      },
      send: () => Promise.resolve(),
      close: () => {},
    };
  }

  #directory(path: string): FileInfo | null {
    const mode = path === "/tmp" ? this.parentMode : this.directories.has(path) ? 0o700 : null;
    if (mode === null) return null;
    return {
      isFile: false,
      isDirectory: true,
      isSymlink: false,
      isSocket: false,
      size: 0,
      uid: 1000,
      mode,
      inode: 1,
      modifiedAt: 0,
    };
  }

  #check(what: "steer" | "send" | "serve" | "memfd" | "/dev/shm" | "/tmp"): void {
    const reason = this.refuses.get(what);
    if (reason !== undefined) throw new Error(reason);
  }
}

export function subject(system: System, given: Partial<Subject> = {}): Subject {
  return { system, settings, directory: "/srv", runtimeParents: ["/tmp"], isFine: () => true, ...given };
}

/** The finding of the check called `name`. */
export async function find(name: string, system: System, given: Partial<Subject> = {}): Promise<Finding> {
  return await checks.find((check) => check.name === name)!.run(subject(system, given));
}
