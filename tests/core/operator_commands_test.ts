import { subcommands } from "../../src/cli/ctl/subcommands.ts";
import { endpoints } from "../../src/control/endpoints.ts";
import { commandList } from "../../src/core/operator_commands.ts";
import { taskCommandList } from "../../src/core/tasks/task_commands.ts";
import { handledSignals, signalMeanings } from "../../src/core/signals.ts";
import { assertEquals } from "../assert.ts";

Deno.test("signals, requests and ctl have the commands of the table, and no others", () => {
  assertEquals(
    handledSignals.map((signal) => `${signalMeanings[signal].command} ${signal}`),
    commandList.flatMap(({ name, signals = {} }) =>
      Object.keys(signals).map((signal) => `${name} ${signal}`)
    ),
  );
  assertEquals(
    endpoints.map(({ name }) => name),
    commandList.flatMap(({ name, http }) => http === undefined ? [] : [name]),
  );
  assertEquals(
    subcommands.map(({ name }) => name),
    [
      ...commandList.flatMap(({ name, ctl }) => ctl === undefined ? [] : [name]),
      ...taskCommandList.map(({ ctl }) => `tasks ${ctl.name}`.trim()),
    ],
  );
});

Deno.test("callers of ctl can wait for each queued command", () => {
  for (const { isQueued, ctl } of commandList) {
    if (isQueued === true) assertEquals(ctl?.options.includes("wait"), true);
  }
});
