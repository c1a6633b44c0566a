import { fetchStatus } from "../../control/control_client.ts";
import type { Status } from "../../core/telemetry/status.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { topLines } from "./top_screen.ts";

const interval = 1_000;

/** Switches to the alternate screen without a cursor, and back. */
const enter = "\x1b[?1049h\x1b[?25l";
const leave = "\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";
const clearBelow = "\x1b[J";

/** Shows the workers, refreshed every second, until q or Ctrl-C; once if stdout is not a terminal. */
export async function runTop(system: System, socket: string): Promise<void> {
  const { host, clock, processes } = system;
  const read = () => fetchStatus(system, socket);
  if (!host.isTerminal("stdout")) {
    const before = await read();
    await sleep(clock, interval);
    const all = { columns: Infinity, rows: Infinity };
    host.write("stdout", topLines(before, await read(), all).join("\n") + "\n");
    return;
  }
  let isOver = false;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = () => {
    isOver = true;
    resolve();
  };
  let before: Status | null = null;
  let now = await read();
  processes.onSignal("SIGINT", end);
  processes.onSignal("SIGTERM", end);
  const stopKeys = host.keys((key) => {
    if (key === "q" || key === "\x03") end();
  });
  host.write("stdout", enter);
  try {
    while (!isOver) {
      const lines = topLines(before, now, host.terminalSize());
      const text = lines.map((line) => line + clearLine).join("\r\n");
      host.write("stdout", home + text + clearBelow);
      await Promise.race([over, sleep(clock, interval)]);
      before = now;
      if (!isOver) now = await read();
    }
  } finally {
    host.write("stdout", leave);
    stopKeys();
  }
}
