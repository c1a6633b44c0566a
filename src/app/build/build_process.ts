/** The process that builds an app with the rights of its user: it writes the answer to stdout, as one line. */

import { ExitCode, toDenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";
import { asRecord } from "../jsonc.ts";
import { addToCacheLater } from "../bundle/bundle.ts";
import { buildApp, type BuildRequest } from "./build_app.ts";
import { type BuildAnswer, buildArgument, failureAnswer, longestAppBuild } from "./build_messages.ts";

/** Returns the exit code of the process. */
export async function runBuildProcess(system: System): Promise<ExitCode> {
  const { host, processes } = system;
  const request = requestIn(host.args[1]);
  if (request === undefined) {
    host.write(
      "stderr",
      `denicorn: ${buildArgument}: is only for Denicorn itself, which builds an app for another user with it: ` +
        "run `denicorn --user USER APP`, or see `denicorn --help`\n",
    );
    return ExitCode.usage;
  }
  // The master may have been killed, and can then not end this process.
  processes.endAfter(longestAppBuild / 1000 + 2);
  const answer = (answer: BuildAnswer) => host.write("stdout", `${JSON.stringify(answer)}\n`);
  try {
    const { addToCache, ...built } = await buildApp(system, request);
    answer({ built });
    await addToCacheLater(system, { addToCache });
  } catch (error) {
    answer(failureAnswer(toDenicornError(error)));
  }
  return ExitCode.normal;
}

function requestIn(text = ""): BuildRequest | undefined {
  try {
    const { app, workingDirectory, runtimeDirectory, external, tasks, cache } = asRecord(JSON.parse(text)) ??
      {};
    if (typeof app !== "string" || typeof runtimeDirectory !== "string") return undefined;
    if (typeof workingDirectory !== "string") return undefined;
    const packages = Array.isArray(external) ? external.filter((name) => typeof name === "string") : [];
    return {
      ...{ app, workingDirectory, runtimeDirectory },
      external: packages,
      tasks: typeof tasks === "string" ? tasks : undefined,
      cache: cache === true,
    };
  } catch {
    return undefined;
  }
}
