import { ageText, eventText, settingsText, workersText } from "../../../src/cli/ctl/tables.ts";
import { parseSubcommand, subcommands } from "../../../src/cli/ctl/subcommands.ts";
import { DenicornError, ExitCode } from "../../../src/core/errors.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { workerStatus } from "../statuses.ts";

function refusal(operands: readonly string[], ...options: string[]): string {
  const error = assertThrows(() => parseSubcommand(operands, new Set(options)), DenicornError);
  assertEquals(error.exitCode, ExitCode.usage);
  return error.message;
}

Deno.test("each command is found by its name, scale with its operand", () => {
  for (const subcommand of subcommands) {
    const { name, operand, options } = subcommand;
    const operands = operand === undefined ? [name] : [name, "+1"];
    assertEquals(parseSubcommand(operands, new Set(["socket", ...options])).subcommand, subcommand);
  }
  assertEquals(parseSubcommand(["scale", "-2"], new Set()).operand, "-2");
});

Deno.test("an error says what is accepted", () => {
  const names = "status, workers, settings, events, top, reload, scale, reopen, stop, upgrade";
  assertEquals(refusal([]), `ctl: "" is not a command: give one of ${names}`);
  assertEquals(refusal(["dance"]), `ctl: "dance" is not a command: give one of ${names}`);
  assertEquals(refusal(["status", "now"]), 'ctl status: "now" is one operand too many: leave it out');
  assertEquals(refusal(["scale", "2", "3"]), 'ctl scale: "3" is one operand too many: leave it out');
  const accepts = "give a number of workers from 1 to 1024, or +N or -N to add or remove some";
  assertEquals(refusal(["scale"]), `ctl scale: "" is not accepted: ${accepts}`);
  assertEquals(refusal(["scale", "0"]), `ctl scale: "0" is not accepted: ${accepts}`);
  assertEquals(refusal(["reopen"], "wait"), "ctl reopen: --wait is not accepted here: leave it out");
  assertEquals(refusal(["reload"], "now"), "ctl reload: --now is not accepted here: leave it out");
});

Deno.test("tables are aligned, without spaces at the end of lines", () => {
  assertEquals(
    workersText([
      workerStatus({ pid: 7 }),
      workerStatus({ slot: 12, pid: 1234567, state: "draining", lag: 15 }),
    ]),
    "WORKER  PID      GEN  STATE     AGE    REQUESTS  IN FLIGHT  WEBSOCKETS  LAG\n" +
      "0       7        1    ready     1m01s  0         0          0           0ms\n" +
      "12      1234567  1    draining  1m01s  0         0          0           15ms\n",
  );
  assertEquals(
    settingsText([{ name: "app", value: "a\nb", shown: "a\nb" }, { name: "workers", value: 1, shown: "1" }]),
    "app      a\\nb\nworkers  1\n",
  );
});

Deno.test("an age has at most two units", () => {
  const ages = [0, 59_999, 60_000, 3_599_999, 3_600_000, 90_000_000];
  assertEquals(ages.map(ageText), ["0s", "59s", "1m00s", "59m59s", "1h00m", "1d01h"]);
});

Deno.test("an event is always one line", () => {
  const event = { id: 1, at: 0, kind: "worker-died", text: "died: a\nb\x1b[2J" } as const;
  assertEquals(eventText(event), "1970-01-01T00:00:00.000Z worker-died     master  died: a\\nb\\u001b[2J\n");
  assertEquals(
    eventText({ ...event, text: "died", worker: 2, gen: 1, pid: 7 }),
    "1970-01-01T00:00:00.000Z worker-died     worker=2 gen=1 pid=7  died\n",
  );
});
