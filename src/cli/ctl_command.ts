import { fetchStatus } from "../control/control_client.ts";
import { DenicornError, ExitCode } from "../core/errors.ts";
import type { Status } from "../core/status.ts";
import { controlSocketOf, ownRuntimeDirectories, runtimeParents } from "../master/runtime_directory.ts";
import type { System } from "../system/system.ts";
import type { RunnableCommand } from "./commands.ts";

export const ctl: RunnableCommand = {
  name: "ctl",
  usage: "[--socket FILE] [--json] status",
  summary: "Ask a running server how it is.",
  takesSettings: false,
  words: [{ name: "status", summary: "The server and its workers." }],
  options: [
    {
      name: "socket",
      placeholder: "FILE",
      description: "Control socket of the server; not needed where only one runs.",
    },
    { name: "json", description: "Answer in JSON." },
  ],
  async run(system, line) {
    const [word, ...rest] = line.operands;
    if (word !== "status" || rest.length > 0) {
      throw new DenicornError("usage", `ctl: "${line.operands.join(" ")}" is not a command: give status`);
    }
    const given = line.options.get("socket");
    const status = await fetchStatus(system, typeof given === "string" ? given : await onlySocket(system));
    const json = line.options.has("json");
    system.host.write("stdout", json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
    return ExitCode.normal;
  },
};

/** The control socket of the only server this user runs. */
async function onlySocket(system: System): Promise<string> {
  const found: string[] = [];
  const directories = runtimeParents(system).flatMap((parent) => ownRuntimeDirectories(system, parent));
  for (const directory of directories) {
    const socket = controlSocketOf(directory);
    if (await system.network.answers(socket)) found.push(socket);
  }
  const [socket, another] = found;
  if (socket !== undefined && another === undefined) return socket;
  throw new DenicornError(
    "control-socket",
    socket === undefined
      ? "cannot find the server: none of this user answers: start one, or name its socket with --socket"
      : `cannot choose the server: ${found.length} are running: name one with --socket (${found.join(", ")})`,
  );
}

function statusText(status: Status): string {
  const { app, phase, addresses, generation, target, pid, version, runtime, workers } = status;
  const rows = [
    ["WORKER", "PID", "GEN", "STATE", "AGE", "REQUESTS", "IN FLIGHT"],
    ...workers.map((worker) => [
      String(worker.slot),
      String(worker.pid),
      String(worker.generation),
      worker.state,
      `${Math.floor(worker.age / 1000)}s`,
      String(worker.requests),
      String(worker.inFlight),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  return [
    `${app} is ${phase} on ${addresses.join(", ")}`,
    `denicorn ${version} (${runtime}), master ${pid}, generation ${generation}, ` +
    `${workers.length} workers of ${target}`,
    "",
    ...table,
  ].join("\n") + "\n";
}
