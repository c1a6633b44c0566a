/** The worker's side: imports the bundle and takes the app out of it. */

import type { FetchHandler } from "../../system/system.ts";
import { importFailure } from "./import_failure.ts";
import { fileUrl, shownPath } from "../paths.ts";
import { validateApp } from "./validate_app.ts";

export interface ImportOptions {
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Absolute path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

/** The app's handler. Throws DenicornError when the module throws, or holds no app. */
export async function importApp(options: ImportOptions): Promise<FetchHandler> {
  const source = shownPath(options.workingDirectory, options.source);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(fileUrl(options.bundle));
  } catch (error) {
    throw importFailure(error, { ...options, source });
  }
  return validateApp(module, options.exportName, source);
}
