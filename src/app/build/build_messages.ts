/** What the process that builds an app for another user answers, on its stdout. */

import { type DenicornError, type ErrorCode, errorKinds } from "../../core/errors.ts";
import { longestBuild } from "../bundle/esbuild.ts";
import { asRecord } from "../jsonc.ts";
import type { AppBuild } from "./build_app.ts";

/** Starts this program as that process; a BuildRequest as JSON follows. */
export const buildArgument = "--build-app";

/** How long the process may take, in ms. It reports itself what it cannot build in time. */
export const longestAppBuild = longestBuild + 5_000;

export type BuildAnswer =
  | { readonly built: Omit<AppBuild, "addToCache"> }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string; readonly detail?: string } };

export function failureAnswer({ code, message, detail }: DenicornError): BuildAnswer {
  return { failure: { code, message, ...(detail === undefined ? {} : { detail }) } };
}

/** `undefined` for anything else: any process of that user could have sent it. */
export function parseAnswer(text: string): BuildAnswer | undefined {
  const answer = asRecord(parsed(text)) ?? {};
  const failure = asRecord(answer["failure"]);
  if (failure !== undefined) return isFailure(failure) ? { failure } : undefined;
  const built = asRecord(answer["built"]);
  return built !== undefined && isBuilt(built) ? { built } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFailure(
  fields: Fields,
): fields is Fields & { readonly code: ErrorCode; readonly message: string; readonly detail?: string } {
  const { code, message, detail = "" } = fields;
  return typeof code === "string" && Object.hasOwn(errorKinds, code) && typeof message === "string" &&
    typeof detail === "string";
}

function isBuilt(fields: Fields): fields is Fields & Omit<AppBuild, "addToCache"> {
  const {
    source,
    exportName,
    unstable,
    text,
    exports,
    isCommonJs,
    fileCount,
    sources,
    warnings,
    fromCache,
    durationMs,
  } = fields;
  return [source, exportName, text].every((value) => typeof value === "string") &&
    [fileCount, durationMs].every((value) => typeof value === "number") &&
    [fromCache, isCommonJs].every((value) => typeof value === "boolean") &&
    [unstable, exports, warnings, sources].every((list) =>
      Array.isArray(list) && list.every((item) => typeof item === "string")
    );
}
