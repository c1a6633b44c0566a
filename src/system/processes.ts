import type { Processes } from "./system.ts";

export const processes: Processes = {
  spawn({ command, args, env, uid, gid }) {
    const child = new Deno.Command(command, {
      args: [...args],
      env: { ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      // A session of its own: Ctrl-C at the terminal reaches the master alone, which stops the workers in order.
      detached: true,
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

  isAlive: (pid) => Deno.build.os === "linux" ? hasEntry(pid) : answersSignal(pid),

  onSignal: (signal, handle) => Deno.addSignalListener(signal, handle),

  onUncaught(handle) {
    const listen = (event: Event, error: unknown) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      handle(error);
    };
    const onError = (event: ErrorEvent) => listen(event, event.error);
    const onRejection = (event: PromiseRejectionEvent) => listen(event, event.reason);
    globalThis.addEventListener("error", onError);
    globalThis.addEventListener("unhandledrejection", onRejection);
    return () => {
      globalThis.removeEventListener("error", onError);
      globalThis.removeEventListener("unhandledrejection", onRejection);
    };
  },

  exit: (code) => Deno.exit(code),
};

/** Not by signal 0 through node:process: loading that takes 12 ms at the start of every process. */
function hasEntry(pid: number): boolean {
  try {
    // What follows the name in parentheses is the state; a zombie has ended.
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

function answersSignal(pid: number): boolean {
  return new Deno.Command("kill", { args: ["-0", String(pid)], stdout: "null", stderr: "null" }).outputSync()
    .success;
}
