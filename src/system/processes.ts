import process from "node:process";
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

  isAlive(pid) {
    try {
      // Signal 0 only asks whether the process exists.
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "EPERM";
    }
  },

  onSignal: (signal, handle) => Deno.addSignalListener(signal, handle),

  onUncaught(handle) {
    globalThis.addEventListener("error", (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      handle(event.error);
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      handle(event.reason);
    });
  },

  exit: (code) => Deno.exit(code),
};
