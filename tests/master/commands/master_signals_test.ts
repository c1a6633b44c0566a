import type { MasterCommands } from "../../../src/control/master_commands.ts";
import { type HandledSignal, handledSignals } from "../../../src/core/signals.ts";
import { dispatchSignal } from "../../../src/master/commands/master_signals.ts";
import { assertEquals } from "../../assert.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

/** What `signals` make a master do that has `target` workers. */
function given(
  signals: readonly HandledSignal[],
  target = 2,
  isTerminal = false,
  workersPerProcess = 1,
): string[] {
  const system = new FakeSystem();
  system.terminal = isTerminal;
  const done: string[] = [];
  const record = (name: string) => (argument?: unknown) =>
    void done.push(argument === undefined ? name : `${name} ${argument}`);
  const master: Partial<MasterCommands> & { target: number } = {
    target,
    workersPerProcess,
    stop: record("stop"),
    reload: record("reload"),
    reopenLogs() {
      done.push("reopen");
      return null;
    },
    upgrade: record("upgrade"),
    scale(wanted) {
      done.push(`scale ${wanted}`);
      this.target = wanted;
    },
  };
  const { commands } = fakeRunningMaster({ commands: master });
  for (const signal of signals) dispatchSignal(signal, commands, system.host);
  return done;
}

Deno.test("each signal gives its command", () => {
  const expected: Readonly<Record<HandledSignal, string>> = {
    SIGTERM: "stop graceful",
    SIGQUIT: "stop graceful",
    SIGINT: "stop quick",
    SIGHUP: "reload",
    SIGUSR1: "reopen",
    SIGUSR2: "upgrade",
    SIGTTIN: "scale 3",
    SIGTTOU: "scale 1",
    SIGWINCH: "scale 0",
  };
  assertEquals(Object.keys(expected).sort(), [...handledSignals].sort());
  for (const signal of handledSignals) assertEquals(given([signal]), [expected[signal]]);
});

Deno.test("removing a worker keeps the last one, and brings none back when all are drained", () => {
  assertEquals(given(["SIGTTOU", "SIGTTOU"]), ["scale 1"]);
  assertEquals(given(["SIGWINCH", "SIGTTOU"]), ["scale 0"]);
  assertEquals(given(["SIGWINCH", "SIGTTIN"]), ["scale 0", "scale 1"]);
});

Deno.test("where workers are threads a signal adds or removes those of a process", () => {
  assertEquals(given(["SIGTTIN"], 4, false, 2), ["scale 6"]);
  assertEquals(given(["SIGTTOU", "SIGTTOU"], 4, false, 2), ["scale 2"]);
});

Deno.test("on a terminal WINCH means another window size, and nothing happens", () => {
  assertEquals(given(["SIGWINCH"], 2, true), []);
});
