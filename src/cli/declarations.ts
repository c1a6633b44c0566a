/** The module `denicorn` for editors and `deno check`, made from the settings table. */

import { renderHooks } from "./hook_declarations.ts";
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
    /** \`tasks\` in a worker that runs tasks and listens nowhere. */
    readonly role: "requests" | "tasks";
    /** The settings in force, as a config file would give them; secrets are hidden. */
    readonly settings: ConfigFile;
    /** Aborts when the worker begins to finish: the time to end what would go on for ever. */
    readonly draining: AbortSignal;
    /** Lines in the error log, with the worker's identity. */
    readonly log: Readonly<Record<"debug" | "info" | "warning" | "error", (text: string) => void>>;
  }

  /** What \`context(request)\` gets. */
  export interface RequestContext extends AppContext {
    /** From a trusted proxy, or made for this request. Lines of \`log\` name it. */
    readonly requestId: string;
  }

  /** In an app: the worker that runs it; with a request of \`fetch\` or \`node:http\` also that request. */
  export function context(): AppContext;
  export function context(request: object): RequestContext;

  /** In an app: the worker does not end before \`promise\` has settled, unless graceful-timeout is over. */
  export function waitUntil(promise: Promise<unknown>): void;

  /** In an app: with \`false\` other workers get the new connections, until it is called again. By default true. */
  export function ready(isReady?: boolean): void;

  /**
   * In an app: adds a task, which a worker runs as soon as it can. Resolves with its id when it cannot be lost any more.
   * Rejects with an error that says what to do: for an unknown name, a payload that is too large or does not fit its
   * schema, and when the store does not answer.
   */
  export function enqueue(name: string, payload?: unknown, options?: EnqueueOptions): Promise<string>;

  /**
   * In an app: opens a channel. What one posts gets every other channel and \`BroadcastChannel\` of this name, in all workers
   * of the server, also those that run tasks. Nothing is kept for those that open it later.
   */
  export function channel(name: string): Channel;

  /** What \`channel\` returns. */
  export interface Channel extends EventTarget {
    readonly name: string;
    onmessage: ((event: MessageEvent) => unknown) | null;
    onmessageerror: ((event: MessageEvent) => unknown) | null;
    /**
     * Sends a structured clone of \`value\`, at most 256 KiB, to the others. Throws DataCloneError for a value that cannot be
     * cloned, and RangeError for one that is too long.
     */
    post(value: unknown): void;
    /** From now on it gets no messages. */
    close(): void;
  }

  /** How a task is run. Durations in milliseconds. */
  export interface TaskOptions {
    /** How often it is tried again after a failure; 3 unless it says so. */
    readonly retries?: number | undefined;
    /** Until the first retry, by default 1000; the delay doubles with each one, and a part of it is random. */
    readonly backoff?: number | undefined;
    /** Tasks with smaller numbers run first; by default 0, at most 2097151. */
    readonly priority?: number | undefined;
    /** For each attempt; by default 0: no limit. */
    readonly timeout?: number | undefined;
  }

  /** What \`enqueue\` accepts besides: what it says of \`TaskOptions\` counts more than the definition of the task. */
  export interface EnqueueOptions extends TaskOptions {
    /** The task waits so long. */
    readonly delay?: number | undefined;
    /** The task waits until then: a Date, or milliseconds since 1970. */
    readonly at?: Date | number | undefined;
    /** A task with the key of one that is known already is not added: the id is that of the known one. */
    readonly key?: string | undefined;
    /** How long \`enqueue\` waits for a store that does not answer; by default 5000. */
    readonly patience?: number | undefined;
  }

  /** What the function of a task gets besides its payload. */
  export interface TaskContext {
    readonly id: string;
    readonly name: string;
    /** From 1. A task may run more than once: do nothing that must not be done twice without looking. */
    readonly attempt: number;
    /** Aborts at the timeout, when the task is cancelled or is not this worker's any more, and at graceful-timeout. */
    readonly signal: AbortSignal;
    /** Lines in the error log that name the task. */
    readonly log: AppContext["log"];
    /** Says how far it is, as a number. */
    progress(value: number): void;
  }

  // deno-lint-ignore no-explicit-any
  type TaskFunction = (payload: any, context: TaskContext) => unknown;

  /** A task with options, and with a schema that payloads must fit: of Zod, Valibot, ArkType or another Standard Schema. */
  export interface TaskDefinition extends TaskOptions {
    readonly run: TaskFunction;
    readonly schema?:
      | { readonly "~standard": { readonly validate: (value: unknown) => unknown } }
      | undefined;
  }

  /** What an app exports as \`tasks\`: \`export const tasks = { … } satisfies Tasks\`. */
  export type Tasks = Readonly<Record<string, TaskFunction | TaskDefinition>>;

  /** What an app exports as \`cron\`: tasks that are added again and again, once for all workers. */
  export type Cron = Readonly<
    Record<string, {
      /** Five fields, or six with seconds, such as \`0 3 * * *\`. */
      readonly schedule: string;
      /** Such as \`Europe/Berlin\`; without it the time zone of the server. */
      readonly timezone?: string | undefined;
      /** The name of one of the tasks. */
      readonly task: string;
      readonly payload?: unknown;
    }>
  >;

  /** In a config file: checks the types of the settings and hooks. */
  export function defineConfig(config: ConfigFile & ConfigHooks): ConfigFile & ConfigHooks;

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
  return `${head}${settings.join("\n")}  }\n${renderHooks()}}\n`;
}
