import { ageText } from "../../../src/cli/ctl/figures.ts";
import { eventText, settingsText, statusText, workersText } from "../../../src/cli/ctl/tables.ts";
import { parseSubcommand, subcommands } from "../../../src/cli/ctl/subcommands.ts";
import { DenicornError, ExitCode } from "../../../src/core/errors.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { statusOf, workerStatus } from "../statuses.ts";

/** Options, those with a value as `limit=5`. */
function given(options: readonly string[]): Map<string, string | true> {
  return new Map(options.map((option) => {
    const [name = "", value] = option.split("=");
    return [name, value ?? true];
  }));
}

function refusal(operands: readonly string[], ...options: string[]): string {
  const error = assertThrows(() => parseSubcommand(operands, given(options)), DenicornError);
  assertEquals(error.exitCode, ExitCode.usage);
  return error.message;
}

Deno.test("each command is found by its name, scale with its operand", () => {
  const operands: Readonly<Record<string, string>> = {
    ...{ scale: "+1", "tasks list": "dead", "tasks show": "42", "tasks add": "sendMail" },
    ...{ "tasks cancel": "42", "tasks purge": "done", worker: "0 dump", recycle: "3" },
  };
  const values: Readonly<Record<string, string>> = {
    limit: "5",
    delay: "2m",
    key: "k",
    retries: "0",
    priority: "9",
  };
  for (const subcommand of subcommands) {
    const { name, options } = subcommand;
    const words = [...name.split(" "), ...(operands[name]?.split(" ") ?? [])];
    const all = ["socket", ...options].map((option) =>
      values[option] === undefined ? option : `${option}=${values[option]}`
    );
    assertEquals(parseSubcommand(words, given(all)).subcommand, subcommand);
  }
  assertEquals(refusal(["recycle"]).startsWith('ctl recycle: "" is not accepted: give the number'), true);
  assertEquals(parseSubcommand(["scale", "-2"], new Map()).operands, ["-2"]);
  assertEquals(parseSubcommand(["tasks", "retry", "42"], new Map()).operands, ["42"]);
});

Deno.test("an error says what is accepted", () => {
  const names =
    "status, list, workers, worker, ready, settings, events, top, reload, scale, recycle, reopen, stop, upgrade, tasks";
  assertEquals(refusal([]), `ctl: "" is not a command: give one of ${names}`);
  assertEquals(refusal(["dance"]), `ctl: "dance" is not a command: give one of ${names}`);
  assertEquals(refusal(["relaod"]), 'ctl: "relaod" is not a command: did you mean denicorn ctl reload?');
  assertEquals(refusal(["status", "now"]), 'ctl status: "now" is one operand too many: leave it out');
  assertEquals(refusal(["scale", "2", "3"]), 'ctl scale: "3" is one operand too many: leave it out');
  const accepts = "give a number of workers from 1 to 1024, or +N or -N to add or remove some";
  assertEquals(refusal(["scale"]), `ctl scale: "" is not accepted: ${accepts}`);
  assertEquals(refusal(["scale", "0"]), `ctl scale: "0" is not accepted: ${accepts}`);
  assertEquals(refusal(["reopen"], "wait"), "ctl reopen: --wait is not accepted here: leave it out");
  assertEquals(refusal(["reload"], "now"), "ctl reload: --now is not accepted here: leave it out");
});

Deno.test("an error about tasks says what is accepted, too", () => {
  const expected: [command: string, options: string[], says: string][] = [
    [
      "tasks dance",
      [],
      '"dance" is not a command: give one of list, show, add, retry, cancel, purge, pause, resume',
    ],
    ["tasks list", [], '"" is not accepted: give one of waiting, delayed, running, done, dead'],
    ["tasks list dead 5", [], '"5" is one operand too many: leave it out'],
    ["tasks list dead", ["limit=0"], '--limit: "0" is not accepted: give a number of tasks from 1 to 1000'],
    ["tasks list dead", ["all"], "--all is not accepted here: leave it out"],
    ["tasks show", [], '"" is not accepted: give the id of a task'],
    ["tasks purge running", [], '"running" is not accepted: give one of waiting, delayed, done, dead'],
    ["tasks retry", [], "no task is named: give its id, or --all"],
    ["tasks retry 42", ["all"], "an id and --all are given: give only one of them"],
    ["tasks add", [], '"" is not accepted: give the name of a task of the app'],
    [
      "tasks add a {to:1}",
      [],
      `"{to:1}" is not accepted: give a payload in JSON, such as '{"to": "ann@example.com"}'`,
    ],
    [
      "tasks add a",
      ["delay=soon"],
      '--delay: "soon" is not accepted: give a duration, such as 30 (seconds), 500ms or 2m',
    ],
    ["tasks add a", ["retries=-1"], '--retries: "-1" is not accepted: give a whole number from 0 on'],
    ["tasks pause now", [], '"now" is one operand too many: leave it out'],
  ];
  for (const [command, options, says] of expected) {
    const words = command.split(" ");
    const name = command.startsWith("tasks dance") ? "tasks" : words.slice(0, 2).join(" ");
    assertEquals(refusal(words, ...options), `ctl ${name}: ${says}`);
  }
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

Deno.test("status counts ready workers of the generation that serves, and all others together", () => {
  const line = (workers: Parameters<typeof statusOf>[0], said: Parameters<typeof statusOf>[1] = {}) =>
    /generation \d, (.*)\n/.exec(statusText(statusOf(workers, said)))?.[1];
  const five = [0, 1, 2, 3, 4].map((slot) => workerStatus({ slot }));
  const next = five.map((worker) => workerStatus({ slot: worker.slot + 5, generation: 2 }));
  assertEquals(line(five), "5 of 5 workers ready");
  assertEquals(line([...five, ...next], { target: 5 }), "5 of 5 workers ready, 5 others");
  assertEquals(line([...five, next[0]!], { target: 5, generation: 2 }), "1 of 5 workers ready, 5 others");
  assertEquals(line(five, { target: 4 }), "4 of 4 workers ready, 1 other");
  assertEquals(line([workerStatus({ state: "booting" })]), "0 of 1 worker ready, 1 other");
  const spare = workerStatus({ slot: 1, state: "spare" });
  assertEquals(line([workerStatus(), spare], { target: 1, spares: 1 }), "1 of 1 worker ready, 1 spare of 1");
});
