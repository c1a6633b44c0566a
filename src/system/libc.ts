/**
 * Functions of the C library that the runtime does not offer. Each is opened when it is first called: the runtime
 * compiles code for every one, 0.25 ms each, which at the start of a process took 10 ms for all of them.
 */

const libraries: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.dylib",
};

/** Linux only: other systems have another name for the address of `errno`, and no steering. */
const linuxSymbols = {
  __errno_location: { parameters: [], result: "pointer" },
  __xpg_strerror_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  address_of: { name: "memcpy", parameters: ["buffer", "buffer", "usize"], result: "u64" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  dlsym: { parameters: ["pointer", "buffer"], result: "pointer", optional: true },
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  fcntl_lock: { name: "fcntl", parameters: ["i32", "i32", "buffer"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpgrp: { parameters: [], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  isatty: { parameters: ["i32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
  memcpy_to: { name: "memcpy", parameters: ["pointer", "buffer", "usize"], result: "pointer" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  openat2: { name: "syscall", parameters: ["i64", "i64", "buffer", "buffer", "usize"], result: "i64" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  // Only called in a script that an app has started, whose parent may let it wait for ever.
  // deno-lint-ignore layers/no-threads
  poll_in_thread: { name: "poll", parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  pthread_create: {
    parameters: ["buffer", "pointer", "pointer", "pointer"],
    result: "i32",
    optional: true,
  },
  pthread_detach: { parameters: ["u64"], result: "i32", optional: true },
  pwritev2: { parameters: ["i32", "buffer", "i32", "i64", "i32"], result: "isize" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  sched_setaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  setitimer: { parameters: ["i32", "buffer", "pointer"], result: "i32" },
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  tcgetpgrp: { parameters: ["i32"], result: "i32" },
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
  waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

const everywhere = {
  access: { parameters: ["buffer", "i32"], result: "i32" },
  alarm: { parameters: ["u32"], result: "u32" },
  lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" },
} as const;

function open<Symbols extends Deno.ForeignLibraryInterface>(symbols: Symbols) {
  const name = libraries[Deno.build.os];
  if (name === undefined) throw new Deno.errors.NotSupported(`no C library known for ${Deno.build.os}`);
  return Deno.dlopen(name, symbols).symbols;
}

type Functions<Symbols extends Deno.ForeignLibraryInterface> = ReturnType<typeof open<Symbols>>;

/** Keeps each function of `symbols` in `functions`, from its first use on. */
function whenUsed<Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
  functions: object,
): Functions<Symbols> {
  for (const name of Object.keys(symbols)) {
    if (name in functions) continue;
    const get = () => {
      const value = Reflect.get(open({ [name]: symbols[name]! }), name);
      Object.defineProperty(functions, name, { value });
      return value;
    };
    Object.defineProperty(functions, name, { get, configurable: true, enumerable: true });
  }
  return functions as Functions<Symbols>;
}

function openLinux(): Functions<typeof linuxSymbols> {
  if (Deno.build.os !== "linux") throw new Deno.errors.NotSupported(`not supported on ${Deno.build.os}`);
  // At once: to open it after a failed call could change `errno`.
  const { __errno_location } = open({ __errno_location: linuxSymbols.__errno_location });
  openBeforeRevoked();
  return whenUsed(linuxSymbols, { __errno_location });
}

let linux: Functions<typeof linuxSymbols> | undefined;
const common = whenUsed(everywhere, {});

/** The functions of glibc that this program calls. Throws if there is no glibc. */
export function libc(): Functions<typeof linuxSymbols> {
  return linux ??= openLinux();
}

/** Those that this C library has. */
function openAll(functions: object): void {
  for (const name of Object.keys(functions)) {
    try {
      Reflect.get(functions, name);
    } catch {
      // Its caller will learn the reason.
    }
  }
}

let isRevoked = false;

/** An app may give up the permission to open more; what is open stays usable. */
function openBeforeRevoked(): void {
  const { permissions } = Deno;
  for (const name of ["revoke", "revokeSync"] as const) {
    const revoke = permissions[name].bind(permissions);
    const value = (descriptor: Deno.PermissionDescriptor) => {
      if (descriptor?.name === "ffi") {
        [libc(), common].forEach(openAll);
        isRevoked = true;
      }
      return revoke(descriptor);
    };
    Object.defineProperty(permissions, name, { value, configurable: true, writable: true });
  }
}

/** An error for a failed call, with the system's text. Call it right after the failed call. */
export function lastError(call: string): Error {
  return systemError(call, errorNumber());
}

/** `errno`. Call it right after the failed call. */
export function errorNumber(): number {
  const place = libc().__errno_location();
  // Without the permission for FFI, this throws.
  if (!isRevoked) return place === null ? 0 : new Deno.UnsafePointerView(place).getInt32();
  const value = new Int32Array(1);
  libc().memcpy(value, place, 4n);
  return value[0]!;
}

/** The same for the few calls that return the number of their error. */
export function systemError(call: string, errno: number): Error {
  const text = new Uint8Array(256);
  const isKnown = libc().__xpg_strerror_r(errno, text, BigInt(text.length)) === 0;
  const reason = new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  return new Error(`${call}: ${isKnown ? reason : `error ${errno}`}`);
}

/** For a structure that the C library gets. Keep the buffer until the call is over. */
export function addressOf(buffer: Uint8Array<ArrayBuffer>): bigint {
  // Of the whole memory: V8 moves that of a short array until something asks for it.
  const { buffer: memory, byteOffset } = buffer;
  // Copies nothing. `Deno.UnsafePointer` throws after an app has given up the permission for FFI.
  return libc().address_of(memory, memory, 0n) + BigInt(byteOffset);
}

/** A text as C expects it, with a NUL at its end. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Ends this process by SIGALRM after `seconds`, also while its event loop is blocked. */
export function endAfter(seconds: number): void {
  common.alarm(seconds);
}

/** As an id: do not change it. */
const unchanged = 0xffff_ffff;

/** Changes the owner of the file or link at `path`; a link is not followed. `null` keeps an id. */
export function changeOwnerOfEntry(path: string, uid: number | null, gid: number | null): void {
  const result = common.lchown(cString(path), uid ?? unchanged, gid ?? unchanged);
  if (result !== 0) throw new Deno.errors.PermissionDenied(`lchown '${path}' failed`);
}

const X_OK = 1;

/** Whether this process may run the file at `path`; true if that cannot be found out. */
export function canExecute(path: string): boolean {
  let access;
  try {
    ({ access } = common);
  } catch {
    return true;
  }
  return access(cString(path), X_OK) === 0;
}
