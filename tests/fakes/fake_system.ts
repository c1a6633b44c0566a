import type {
  ChildProcess,
  Descriptors,
  ExitStatus,
  Files,
  Host,
  LogSink,
  Network,
  OpenFiles,
  OtherProcess,
  Processes,
  SharedMemory,
  Signal,
  System,
  TcpSockets,
  UnixSockets,
} from "../../src/system/system.ts";
import { FakeClock } from "./fake_clock.ts";

/** A process that ends when a test says so, or when it is sent SIGKILL. */
export class FakeProcess implements ChildProcess {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  readonly output = { async *[Symbol.asyncIterator]() {} };
  readonly signals: Signal[] = [];
  readonly end: (status: ExitStatus) => void;

  constructor(pid: number) {
    this.pid = pid;
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.exited = promise;
    this.end = resolve;
  }

  kill(signal: Signal): void {
    this.signals.push(signal);
    if (signal === "SIGKILL") this.end({ code: 137, signal });
  }
}

/** A system made of maps: files by path, variables by name, everything that was written as text. */
export class FakeSystem implements System {
  readonly clock = new FakeClock();
  readonly texts = new Map<string, string>();
  readonly variables = new Map<string, string>();
  readonly alive = new Set<number>();
  /** Paths of lock files that a living process holds. */
  readonly held = new Set<string>();
  readonly signals: string[] = [];
  /** Children that have ended and that the process did not start. */
  readonly adopted: OtherProcess[] = [];
  /** Running processes by the leader of their group. */
  readonly groups = new Map<number, OtherProcess[]>();
  /** Each time at which this process would end without its event loop. */
  readonly blockingLimits: number[] = [];
  readonly written = { stdout: "", stderr: "" };
  failingWrites = false;
  /** How many bytes can be written before the reader of the standard streams has to read. */
  readerTakes = Infinity;
  readonly exitHandlers: (() => void)[] = [];
  terminal = false;
  isJournal = false;
  /** What syslog servers get. */
  readonly datagrams: string[] = [];
  #secrets = 0;

  readonly host: { -readonly [Name in keyof Host]: Host[Name] } = {
    os: "linux",
    pid: 41,
    uid: 1000,
    args: ["app.ts"],
    execPath: "/opt/denicorn",
    program: () => "/opt/denicorn",
    keepProgramIn: () => {},
    standalone: true,
    permissions: ["-A"],
    runtime: "deno 0.0.0",
    memory: () => ({ heapUsed: 1, heapTotal: 2, external: 3, resident: 4 }),
    cores: () => 2,
    env: (name) => this.variables.get(name),
    environment: () => Object.fromEntries(this.variables),
    setEnv: (name, value) =>
      void (value === undefined ? this.variables.delete(name) : this.variables.set(name, value)),
    cwd: () => "/srv",
    chdir: () => {},
    setUmask: () => {},
    isTerminal: () => this.terminal,
    hostName: () => "host-1",
    isJournal: () => this.isJournal,
    terminalPlace: () => "none",
    ignoresHangup: () => false,
    terminalSize: () => ({ columns: 80, rows: 24 }),
    keys: () => () => {},
    write: (stream, text) => {
      this.written[stream] += text;
      return true;
    },
    writeNow: (stream, bytes) => {
      const taken = bytes.subarray(0, this.readerTakes);
      this.readerTakes -= taken.length;
      this.written[stream] += new TextDecoder().decode(taken);
      return taken.length;
    },
    awaitReader: () => this.readerTakes > 0,
    giveUp: () => unavailable("permissions"),
    copyOfErrors: () => unavailable("descriptors"),
    writeErrorsTo: () => unavailable("descriptors"),
    printThrough: () => {},
    captureWrites: () => {},
    presentAs: () => {},
    offerStorage: () => {},
    offerFeatures: () => {},
    takeCron: () => {},
    cronUnit: () => 60_000,
    random: () => 0,
    secret: () => `token-${++this.#secrets}`,
  };

  readonly files: Files = {
    readTextSync: (path) => this.#read(path),
    readSmall: (path) => this.#read(path),
    readBytesSync: (path) => new TextEncoder().encode(this.#read(path)),
    readRange: (path, offset, length) =>
      new TextEncoder().encode(this.#read(path)).slice(offset, offset + length),
    writeText: (path, text) => void this.texts.set(path, text),
    writeBytes: (path, bytes) => void this.texts.set(path, new TextDecoder().decode(bytes)),
    stat: (path) => this.#info(path),
    lstat: (path) => this.#info(path),
    realPath: (path) => path,
    isSame: (path, other) => path === other,
    list: () => [],
    entries: () => [],
    rename: (from, to) => {
      this.texts.set(to, this.#read(from));
      this.texts.delete(from);
    },
    link: () => {},
    makeDirectory: () => {},
    makePrivateDirectory: (parent, prefix) => `${parent}/${prefix}1`,
    remove: (path) => void this.texts.delete(path),
    changeOwner: () => {},
    changeMode: () => {},
    openLog: (path) => this.#open(path),
    fixPath: (path) => ({ path, [Symbol.dispose]: () => {} }),
    writableOnWay: () => null,
    lockFile: (path) => ({
      read: () => this.texts.get(path) ?? null,
      isHeld: () => this.held.has(path),
      replace: (text) => {
        this.texts.set(path, text);
        this.held.add(path);
      },
      remove: () => void this.texts.delete(path),
      close: () => {},
    }),
    hold: (path) => ({ read: () => new TextEncoder().encode(this.#read(path)), close: () => {} }),
    touch: () => {},
    isExecutable: () => true,
    watch: () => unavailable("watching files"),
    memoryProgram: () => unavailable("memoryProgram"),
  };

  readonly processes: Processes = {
    spawn: () => new FakeProcess(1),
    isAlive: (pid) => this.alive.has(pid),
    signal: (pid, signal) => void this.signals.push(`${signal} to ${pid}`),
    onSignal: () => {},
    onUncaught: () => () => {},
    onExit: (handle) => {
      this.exitHandlers.push(handle);
      return () => void this.exitHandlers.splice(this.exitHandlers.indexOf(handle), 1);
    },
    setNiceness: () => unavailable("niceness"),
    showAs: () => {},
    nameThread: () => {},
    runOnCore: () => unavailable("cores"),
    adoptOrphans: () => {},
    reapAdopted: (most) => this.adopted.splice(0, most),
    adopted: () => [],
    inGroup: (leader) => this.groups.get(leader) ?? [],
    signalGroup: (leader, signal) => void this.signals.push(`${signal} to the group of ${leader}`),
    endAfter: () => {},
    endUnlessCalledWithin: (ms) => void this.blockingLimits.push(ms),
    keepStopListeners: () => {},
    callStopListeners: () => Promise.resolve(),
    receiveSent: () => {},
    endAsApp: (code) => {
      throw new Error(`end ${code}`);
    },
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };

  readonly network: Network = {
    drainsHttp2: true,
    onWebSocket: () => {},
    mendSignals: () => {},
    takeProgramServers: () => ({
      servers: [],
      changed: new Promise(() => {}),
      add: () => {},
      serveFirst: () => {},
      close: () => {},
    }),
    listenUnix: () => unavailable("listenUnix"),
    connectUnix: () => unavailable("connectUnix"),
    connectTcp: () => unavailable("connectTcp"),
    answers: () => Promise.resolve(false),
    listeningOn: () => [],
    probe: () => {},
    reserve: () => () => {},
    serve: () => unavailable("serve"),
    serveShared: () => unavailable("serveShared"),
    serveTcp: () => unavailable("serveTcp"),
    datagramsTo: () => unavailable("datagramsTo"),
    datagramSink: () => ({
      writeNow: (bytes) => {
        this.datagrams.push(...new TextDecoder().decode(bytes).trimEnd().split("\n"));
        return bytes.length;
      },
      awaitReader: () => true,
      close: () => {},
    }),
    sendUnixNotice: () => unavailable("sendUnixNotice"),
    serveUnix: () => unavailable("serveUnix"),
    post: () => unavailable("post"),
    fetchUnix: () => unavailable("fetchUnix"),
    streamUnix: () => unavailable("streamUnix"),
  };

  nodeHttp = () => unavailable("nodeHttp");
  databases = () => unavailable("databases");
  servedFolder = () => unavailable("servedFolder");

  sockets: TcpSockets = {
    listeners: () => [],
    findActive: () => ({ found: null, next: null }),
    waiting: () => 0,
    siblings: () => null,
    isListening: () => true,
    listeningPort: () => null,
    areMigrated: () => false,
    resetWaiting: () => {},
    steer: () => unavailable("steer"),
    filter: () => unavailable("filter"),
    endFilter: () => unavailable("endFilter"),
    stopListening: () => {},
    keep: () => unavailable("a second descriptor"),
    swap: () => unavailable("a second descriptor"),
    endIdle: () => ({ ended: 0, tooNew: 0 }),
    look: () => ({ looks: [], next: null }),
    lookAt: () => null,
    hasUnread: () => false,
    sending: () => null,
    send: () => {},
    end: () => {},
    stopReading: () => {},
    close: () => {},
  };

  unixSockets: UnixSockets = {
    listen: () => unavailable("Unix sockets"),
    claim: () => {},
    claimant: () => 0,
    listenerAt: () => null,
    refuse: () => {},
    isRefusing: () => false,
    areBytesWaiting: () => false,
  };

  descriptors: Descriptors = {
    open: () => unavailable("descriptor passing"),
    pair: () => unavailable("descriptor passing"),
    take: () => unavailable("descriptor passing"),
    keep: () => unavailable("descriptor passing"),
    sendOver: () => unavailable("descriptor passing"),
    send: () => unavailable("descriptor passing"),
    close: () => {},
  };

  memory: SharedMemory = {
    createSealed: () => unavailable("shared memory"),
    createUnnamed: () => unavailable("shared memory"),
    adopt: () => unavailable("shared memory"),
    isAbandoned: () => false,
  };

  openFiles: OpenFiles = {
    limit: () => unavailable("limit of open files"),
    setLimit: () => unavailable("limit of open files"),
    hasAvailable: () => unavailable("limit of open files"),
  };

  #read(path: string): string {
    const text = this.texts.get(path);
    if (text === undefined) throw new Error(`No such file: ${path}`);
    return text;
  }

  #info(path: string) {
    const text = this.texts.get(path);
    if (text === undefined) return null;
    return {
      isFile: true,
      isDirectory: false,
      isSymlink: false,
      isSocket: false,
      size: text.length,
      uid: 1000,
      mode: 0o644,
      inode: [...this.texts.keys()].indexOf(path) + 1,
      modifiedAt: 0,
    };
  }

  #open(path: string): LogSink {
    if (path.startsWith("/missing/")) throw new Error("No such directory");
    // As with a real file: an open file is still written to after it was renamed.
    const file = { text: this.texts.get(path) ?? "" };
    this.texts.set(path, file.text);
    return {
      is: "file",
      write: (bytes) => {
        if (this.failingWrites) throw new Error("No space left on device");
        file.text += new TextDecoder().decode(bytes);
        this.texts.set(path, file.text);
        return bytes.length;
      },
      close: () => {},
    };
  }
}

function unavailable(what: string): never {
  throw new Error(`the fake system has no ${what}`);
}
