import { fetchStatus } from "../../control/control_client.ts";
import { canRewrite, usesColour } from "../../core/terminal_features.ts";
import type { Status } from "../../core/telemetry/status.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { topScreen } from "./top_screen.ts";
import { afterKey, firstView } from "./top_view.ts";

const interval = 1_000;

/** Switches to the alternate screen without a cursor, and back. */
const enter = "\x1b[?1049h\x1b[?25l";
const leave = "\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";
const clearBelow = "\x1b[J";

/** Shows the workers, refreshed every second, until q or Ctrl-C; once if stdout is no terminal, or a dumb one. */
export async function runTop(system: System, socket: string): Promise<void> {
  const { host, clock, processes } = system;
  const read = () => fetchStatus(system, socket);
  const isTerminal = host.isTerminal("stdout");
  if (!canRewrite(isTerminal, host.env)) {
    const before = await read();
    await sleep(clock, interval);
    const all = { columns: Infinity, rows: Infinity };
    host.write("stdout", topScreen(before, await read(), all).lines.join("\n") + "\n");
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
  const hasColour = usesColour(isTerminal, host.env);
  let view = firstView;
  const screen = () => topScreen(before, now, host.terminalSize(), view, hasColour);
  const draw = () => {
    const text = screen().lines.map((line) => line + clearLine).join("\r\n");
    host.write("stdout", home + text + clearBelow);
  };
  const stopKeys = host.keys((key) => {
    const next = afterKey(view, key, screen());
    if (next === null) return end();
    if (next === view || isOver) return;
    view = next;
    draw();
  });
  host.write("stdout", enter);
  try {
    while (!isOver) {
      draw();
      await Promise.race([over, sleep(clock, interval)]);
      before = now;
      if (!isOver) now = await read();
    }
  } finally {
    host.write("stdout", leave);
    stopKeys();
  }
}
