/**
 * Builds an app with the rights of the user that its workers run as. A master that runs as root must not read the app's
 * files itself: a link among them would show the user files that only root may read.
 */

import type { Credentials } from "../../account/credentials.ts";
import { environmentFor } from "../../account/account_environment.ts";
import { DenicornError } from "../../core/errors.ts";
import { startLimited } from "../../system/processes/limited_child.ts";
import { selfCommand } from "../../system/processes/self_command.ts";
import type { System } from "../../system/system.ts";
import { carriedEsbuild, shareExecutable } from "../bundle/esbuild_executable.ts";
import type { AppBuild, BuildRequest } from "./build_app.ts";
import { type BuildAnswer, buildArgument, longestAppBuild, parseAnswer } from "./build_messages.ts";

/** More is not a bundle, but an attempt to use up the memory of the master. */
const longestAnswer = 512 * 1024 * 1024;

const action = "cannot build the app";

/** Stops at `signal`. Throws DenicornError with the place and cause, as `buildApp` does. */
export async function buildAppAs(
  system: System,
  request: BuildRequest,
  credentials: Credentials,
  signal?: AbortSignal,
): Promise<Omit<AppBuild, "addToCache">> {
  let answer = await answerOf(system, request, credentials, signal);
  if ("failure" in answer && answer.failure.code === "bundler" && carriedEsbuild !== undefined) {
    // The user has neither a home nor memory that can be run.
    shareExecutable(system, carriedEsbuild, request.runtimeDirectory);
    answer = await answerOf(system, request, credentials, signal);
  }
  if ("built" in answer) return answer.built;
  const { code, message, detail } = answer.failure;
  throw new DenicornError(code, message, { detail });
}

async function answerOf(
  system: System,
  request: BuildRequest,
  credentials: Credentials,
  signal: AbortSignal | undefined,
): Promise<BuildAnswer> {
  signal?.throwIfAborted();
  const child = start(system, request, credentials);
  const kill = () => child.kill();
  signal?.addEventListener("abort", kill);
  void child.ended.then(() => signal?.removeEventListener("abort", kill));
  // After its answer the process goes on: it adds the bundle to the cache of its user.
  const answer = parseAnswer(await child.line(longestAnswer) ?? "");
  if (answer !== undefined) return answer;
  const { code, signal: endedBy, isLate } = await child.ended;
  const how = isLate
    ? `it was not built after ${
      longestAppBuild / 1000
    } s: look for an import of something that is no regular file`
    : `the process that does so as ${credentials.title} ended ` +
      `${endedBy === null ? `with exit code ${code}` : `by ${endedBy}`}: see its output above`;
  throw new DenicornError("account", `${action}: ${request.app}: ${how}`);
}

function start(system: System, request: BuildRequest, credentials: Credentials) {
  const { title, uid, gid, groups = [] } = credentials;
  try {
    const [command, ...args] = selfCommand(system);
    return startLimited(system, {
      command,
      args: [...args, buildArgument, JSON.stringify(request)],
      env: environmentFor(system, credentials),
      ...{ uid, gid, groups },
      sameSession: true,
      readOutput: true,
    }, longestAppBuild);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DenicornError(
      "account",
      `${action}: no process can be started as ${title}: ${reason}: let that user enter the working directory`,
      { cause: error },
    );
  }
}
