import { ControllingTerminal } from "../../../src/master/commands/controlling_terminal.ts";
import type { TerminalPlace } from "../../../src/system/system.ts";
import { assertEquals } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";

function start(place: TerminalPlace, ignoresHangup = false) {
  const system = new FakeSystem();
  const state = { place };
  system.host.terminalPlace = () => state.place;
  system.host.ignoresHangup = () => ignoresHangup;
  const terminal = new ControllingTerminal(system);
  const hasClosed = async () => {
    const result = { is: null as boolean | null };
    void terminal.hasClosed().then((is) => result.is = is);
    await system.clock.advance(100);
    return result.is;
  };
  return { system, state, terminal, hasClosed };
}

Deno.test("the terminal has closed if it is gone, and this process was in its foreground", async () => {
  const { state, hasClosed } = start("foreground");
  assertEquals(await hasClosed(), false);
  state.place = "none";
  assertEquals(await hasClosed(), true);
});

Deno.test("a terminal that goes a moment after the signal has closed", async () => {
  const { system, state, hasClosed } = start("foreground");
  system.clock.after(20, () => state.place = "none");
  assertEquals(await hasClosed(), true);
});

Deno.test("in the background, under nohup and without a terminal it has not", async () => {
  for (const { state, hasClosed } of [start("background"), start("foreground", true), start("none")]) {
    state.place = "none";
    assertEquals(await hasClosed(), false);
  }
});

Deno.test("a job that was sent to the background stays there when the terminal closes", async () => {
  const { system, state, terminal, hasClosed } = start("foreground");
  state.place = "background";
  await system.clock.advance(1_000);
  state.place = "none";
  await system.clock.advance(1_000);
  assertEquals(await hasClosed(), false);
  terminal[Symbol.dispose]();
  assertEquals([system.clock.timers, start("none").system.clock.timers], [0, 0]);
});
