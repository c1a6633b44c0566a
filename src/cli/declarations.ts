/** The module `denicorn` for editors and `deno check`, made from the settings table. */

import { namedSettings, notInConfigFile } from "../settings/settings.ts";

const head = `// Written by \`denicorn types\`: do not edit. In deno.json:
//
//     { "compilerOptions": { "types": ["./denicorn.d.ts"] } }

declare module "denicorn" {
  /** What \`startup\`, \`shutdown\` and \`context()\` get. */
  export interface AppContext {
    /** The place of the worker, from 0; -1 in \`prepare\`. */
    readonly slot: number;
    /** Counts reloads, from 1. */
    readonly generation: number;
    /** The settings in force, as a config file would give them; secrets are hidden. */
    readonly settings: ConfigFile;
    /** Aborts when the worker begins to finish: the time to end what would go on for ever. */
    readonly draining: AbortSignal;
    /** Lines in the error log, with the worker's identity. */
    readonly log: Readonly<Record<"debug" | "info" | "warning" | "error", (text: string) => void>>;
  }

  /** What \`context(request)\` gets. */
  export interface RequestContext extends AppContext {
    /** Of the header \`X-Request-Id\`, or made for this request. Lines of \`log\` name it. */
    readonly requestId: string;
  }

  /** In an app: the worker that runs it; with a request of \`fetch\` or \`node:http\` also that request. */
  export function context(): AppContext;
  export function context(request: object): RequestContext;

  /** In an app: the worker does not end before \`promise\` has settled, unless graceful-timeout is over. */
  export function waitUntil(promise: Promise<unknown>): void;

  /** In an app: with \`false\` other workers get the new connections, until it is called again. By default true. */
  export function ready(isReady?: boolean): void;

  /** In a config file: checks the types of the settings. */
  export function defineConfig(config: ConfigFile): ConfigFile;

  /** The settings, as \`denicorn settings\` and docs/settings.md describe them. */
  export interface ConfigFile {
`;

/** The text of `denicorn.d.ts`. */
export function renderDeclarations(): string {
  const settings = namedSettings.filter(({ key }) => key !== notInConfigFile).map((
    { key, type, description },
  ) =>
    `    /** ${description.replaceAll("*/", "*\u200b/")} */\n    readonly ${key}?: ${type} | undefined;\n`
  );
  return `${head}${settings.join("\n")}  }\n}\n`;
}
