/** `denicorn ctl top` in a terminal, which is the one of tmux here. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget, until } from "./harness.ts";

function tmux(socket: string, ...args: readonly string[]): string {
  const { success, stdout } = new Deno.Command("tmux", { args: ["-S", socket, "-f", "/dev/null", ...args] })
    .outputSync();
  return success ? new TextDecoder().decode(stdout) : "";
}

function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"] }).outputSync().success;
  } catch {
    return false;
  }
}

testOnOneTarget("top fits terminals of 80×24 and 200×50, sorts, filters, and ends", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "3"] });
  await server.ready(3);
  const socket = `${host.folder}/tmux.sock`;
  const command = [...host.target.command, "ctl", "--socket", host.controlSocket, "top"];
  const environment = Object.entries(host.environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  tmux(socket, "new-session", "-d", "-x", "80", "-y", "24", ...environment, ...command);
  try {
    const screen = () => tmux(socket, "capture-pane", "-p").trimEnd().split("\n");
    const shows = (pattern: RegExp) =>
      until(`a screen with ${pattern}`, () => pattern.test(screen().join("\n")), {
        explain: () => screen().join("\n"),
      });
    const press = (...keys: readonly string[]) => tmux(socket, "send-keys", ...keys);
    await shows(/^2 .* ready/m);
    assertEquals(screen().length, 24);
    assertMatch(screen()[4]!, /^WORKER +PID +STATE +.*MEMORY/);
    assertMatch(screen().at(-1)!, /^3 {2}q quit .* s sort: worker/);
    press("r");
    await shows(/MEMORY.*\n2 [^]*\n0 .*\n/);
    press("s");
    await shows(/s sort: state, reversed/);
    press("/", "n", "o", "p", "e", "Enter");
    await shows(/^0 {2}q quit .*\(nope\)$/m);
    press("Escape");
    await shows(/^3 {2}q quit/m);
    tmux(socket, "resize-window", "-x", "200", "-y", "50");
    await shows(/^WORKER .* AGE +REQUEST$/m);
    assertEquals(screen().length, 50);
    press("q");
    await until("the end of tmux", () => tmux(socket, "list-sessions") === "", {
      explain: () => screen().join("\n"),
    });
  } finally {
    tmux(socket, "kill-server");
  }
}, hasTmux() ? null : "tmux is not installed");
