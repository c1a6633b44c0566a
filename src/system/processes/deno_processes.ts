import {
  adoptedChildren,
  becomeSubreaper,
  groupMembers,
  reapAdopted,
  signalGroup,
} from "./adopted_processes.ts";
import { runOnCore } from "./core_mask.ts";
import { endUnlessCalledWithin } from "./dead_mans_switch.ts";
import { closeInspectorAfter, preventInspector } from "./inspector.ts";
import { withInherited } from "./inheritance.ts";
import { endAfter, errorNumber, libc } from "../libc.ts";
import { EPERM } from "../linux_constants.ts";
import { renewLineLocks } from "../files/line_lock.ts";
import { host } from "../host/deno_host.ts";
import { setNiceness } from "./niceness.ts";
import { hasEnded } from "./proc_stat.ts";
import { nameThread, showAs } from "./shown_title.ts";
import { commandAs } from "./run_as.ts";
import { receiveSent } from "./sent_messages.ts";
import { callStopListeners, endAsApp, keepStopListeners } from "./stop_listeners.ts";
import { failedBy } from "../uncaught_source.ts";
import type { Processes } from "../system.ts";

export const processes: Processes = {
  spawn(
    {
      command,
      args,
      env,
      cwd,
      inherited = [],
      sameSession = false,
      readOutput = false,
      hasOutput = true,
      ...identity
    },
  ) {
    leaveRemovedDirectory();
    const output = hasOutput ? "inherit" : "null";
    const { command: [program, ...rest], uid, gid } = commandAs({ host }, identity, [command, ...args]);
    const start = () =>
      new Deno.Command(program, {
        args: rest,
        env: { ...env },
        clearEnv: true,
        stdin: "null",
        stdout: readOutput ? "piped" : output,
        stderr: output,
        // In its own session: Ctrl-C at the terminal reaches only the master, which stops the workers in order.
        detached: !sameSession,
        ...(cwd === undefined ? {} : { cwd }),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
      }).spawn();
    const child = inherited.length === 0 ? start() : withInherited(inherited, start);
    renewLineLocks();
    started.add(child.pid);
    return {
      pid: child.pid,
      output: readOutput ? child.stdout : nothing(),
      exited: child.status.then(({ code, signal }) => {
        started.delete(child.pid);
        return { code, signal };
      }),
      kill(signal) {
        try {
          child.kill(signal);
        } catch {
          // It has already exited.
        }
      },
    };
  },

  signal(pid, signal) {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It has already exited.
    }
  },

  isAlive: (pid) => Deno.build.os === "linux" ? isRunning(pid) : answersSignal(pid),

  setNiceness,
  runOnCore,
  showAs,
  nameThread,

  adoptOrphans() {
    try {
      becomeSubreaper();
    } catch {
      // Not Linux.
    }
  },

  reapAdopted: (most) => onLinux(() => reapAdopted(started, most)),

  adopted: () => onLinux(() => adoptedChildren(started)),

  inGroup: (leader) => onLinux(() => groupMembers(leader)),

  signalGroup(leader, signal) {
    try {
      signalGroup(leader, signal);
    } catch {
      // Not Linux.
    }
  },

  endAfter(seconds) {
    try {
      endAfter(seconds);
    } catch {
      // No C library is known on this system.
    }
  },

  endUnlessCalledWithin,

  onSignal(signal, handle) {
    preventInspector(signal);
    Deno.addSignalListener(signal, () => {
      // First: the runtime is about to open it.
      void closeInspectorAfter(signal);
      handle();
    });
  },

  onUncaught(handle) {
    uncaughtHandlers.push(handle);
    // Listeners are called in the order in which they were added: those that the app added before go first.
    for (const type of ["error", "unhandledrejection"] as const) {
      globalThis.removeEventListener(type, handleUncaught);
      globalThis.addEventListener(type, handleUncaught);
    }
    return () => void uncaughtHandlers.splice(uncaughtHandlers.indexOf(handle), 1);
  },

  onExit(handle) {
    globalThis.addEventListener("unload", handle);
    return () => globalThis.removeEventListener("unload", handle);
  },

  exit: (code) => Deno.exit(code),
  keepStopListeners,
  callStopListeners,
  endAsApp,
  receiveSent,
};

/** From a directory that was removed no process can be started, on Deno 2.7 not even in another one. */
function leaveRemovedDirectory(): void {
  try {
    Deno.cwd();
  } catch {
    Deno.chdir("/");
  }
}

/** The processes that `spawn` has started: the runtime reaps them. */
const started = new Set<number>();

function onLinux<Result>(work: () => Result[]): Result[] {
  try {
    return work();
  } catch {
    return [];
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** Does not send signal 0 with node:process: loading that takes 12 ms at the start of every process. */
function isRunning(pid: number): boolean {
  try {
    return !hasEnded(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch (error) {
    // Where the permissions of Deno are limited, it reads nothing in /proc.
    return error instanceof Deno.errors.NotCapable && answersSignal(pid);
  }
}

function answersSignal(pid: number): boolean {
  if (Deno.build.os === "linux") return libc().kill(pid, 0) === 0 || errorNumber() === EPERM;
  return new Deno.Command("kill", { args: ["-0", String(pid)], stdout: "null", stderr: "null" }).outputSync()
    .success;
}

/** Whether the app listens to an event of Node's process, which the runtime emits after those of the web. */
function hasNodeListener(name: string): boolean {
  const process: unknown = Reflect.get(globalThis, "process");
  if (typeof process !== "object" || process === null || !("listenerCount" in process)) return false;
  return typeof process.listenerCount === "function" && Number(process.listenerCount(name)) > 0;
}

/** Only the last one is called: it knows best what the process is doing. */
const uncaughtHandlers: ((error: unknown) => void)[] = [];

function handleUncaught(event: Event): void {
  const handle = uncaughtHandlers.at(-1);
  if (handle === undefined || event.defaultPrevented) return;
  // Not prevented, it goes on to the listeners of Node's process.
  if (event instanceof PromiseRejectionEvent && hasNodeListener("unhandledRejection")) return;
  event.preventDefault();
  const failed = failedBy(event) ?? handle;
  failed(
    event instanceof PromiseRejectionEvent ? event.reason : event instanceof ErrorEvent ? event.error : event,
  );
}
