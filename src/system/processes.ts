import type { Processes } from "./system.ts";

export const processes: Processes = {
  spawn({ command, args, env, cwd, uid, gid, sameSession = false }) {
    const child = new Deno.Command(command, {
      args: [...args],
      env: { ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      // A session of its own: Ctrl-C at the terminal reaches the master alone, which stops the workers in order.
      detached: !sameSession,
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    }).spawn();
    return {
      pid: child.pid,
      exited: child.status.then(({ code, signal }) => ({ code, signal })),
      kill(signal) {
        try {
          child.kill(signal);
        } catch {
          // Already gone: its exit is on the way to whoever waits for it.
        }
      },
    };
  },

  signal(pid, signal) {
    try {
      Deno.kill(pid, signal);
    } catch {
      // Gone.
    }
  },

  isAlive: (pid) => Deno.build.os === "linux" ? hasEntry(pid) : answersSignal(pid),

  onSignal: (signal, handle) => Deno.addSignalListener(signal, handle),

  onUncaught(handle) {
    uncaught.push(handle);
    // Listeners are asked in the order they came: those of an app that were there before go first.
    for (const type of ["error", "unhandledrejection"] as const) {
      globalThis.removeEventListener(type, listenUncaught);
      globalThis.addEventListener(type, listenUncaught);
    }
    return () => void uncaught.splice(uncaught.indexOf(handle), 1);
  },

  onExit(handle) {
    globalThis.addEventListener("unload", handle);
    return () => globalThis.removeEventListener("unload", handle);
  },

  exit: (code) => Deno.exit(code),
};

/** Not by signal 0 through node:process: loading that takes 12 ms at the start of every process. */
function hasEntry(pid: number): boolean {
  try {
    // What follows the name in parentheses is the state, the 18th from there how many threads there are (proc(5)). A
    // zombie has ended, unless only its first thread has: what is open stays so until the last one ends.
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] !== "Z" || Number(fields[17]) > 1;
  } catch {
    return false;
  }
}

function answersSignal(pid: number): boolean {
  return new Deno.Command("kill", { args: ["-0", String(pid)], stdout: "null", stderr: "null" }).outputSync()
    .success;
}

/** The last to come is the closest to what is going on. */
const uncaught: ((error: unknown) => void)[] = [];

function listenUncaught(event: Event): void {
  const handle = uncaught.at(-1);
  if (handle === undefined || event.defaultPrevented) return;
  event.preventDefault();
  handle(
    event instanceof PromiseRejectionEvent ? event.reason : event instanceof ErrorEvent ? event.error : event,
  );
}
