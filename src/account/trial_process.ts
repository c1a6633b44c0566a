/** The process of a trial: it writes the report to stdout and ends. */

import { ExitCode } from "../core/errors.ts";
import { toListenError } from "../system/network/listen_error.ts";
import type { System, TcpAddress } from "../system/system.ts";
import { type Trial, trialArgument, type TrialReport } from "./trial.ts";

/** Returns the exit code of the process. */
export async function runTrialProcess(system: System): Promise<ExitCode> {
  const { host } = system;
  const trial = trialIn(host.args[1]);
  if (trial === undefined) {
    host.write(
      "stderr",
      `denicorn: ${trialArgument}: is only for Denicorn itself, which tries with it what workers may do: ` +
        "run `denicorn --user USER APP`, or see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  const report: TrialReport = {
    unreachable: await obstacle(system, trial.socket),
    denied: trial.listen.find((address) => isDenied(system, address)) ?? null,
  };
  host.write("stdout", `${JSON.stringify(report)}\n`);
  return ExitCode.normal;
}

function trialIn(text = ""): Trial | undefined {
  try {
    const { socket, listen } = JSON.parse(text);
    return typeof socket === "string" && Array.isArray(listen) && listen.every(isAddress)
      ? { socket, listen }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAddress(value: unknown): value is TcpAddress {
  return typeof value === "object" && value !== null && "hostname" in value &&
    typeof value.hostname === "string" && "port" in value && Number.isInteger(value.port);
}

async function obstacle({ network }: System, socket: string): Promise<string | null> {
  try {
    (await network.connectUnix(socket)).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Other faults, such as an address in use, are found where all servers look for them. */
function isDenied({ network }: System, address: TcpAddress): boolean {
  try {
    network.probe(address);
    return false;
  } catch (error) {
    return toListenError(error, address).code === "bind-denied";
  }
}
