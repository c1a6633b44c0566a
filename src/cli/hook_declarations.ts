/** The hooks of a config file for editors and `deno check`, made from the table of hooks. */

import { hookKinds, hookNames } from "../core/hook_table.ts";

const values = `
  /** The server, as the hooks see it that run beside the master. */
  export interface HookServer {
    /** The process of the master. */
    readonly pid: number;
    /** That serves, from 1. */
    readonly generation: number;
    /** As the settings name it. */
    readonly app: string;
    /** How many workers there should be. */
    readonly workers: number;
  }

  /** A worker that is to be started. */
  export interface NewWorker {
    /** From 0 among the workers of its role. */
    readonly slot: number;
    readonly generation: number;
    /** \`tasks\`: it runs tasks, and listens nowhere. */
    readonly role: "requests" | "tasks";
  }

  export interface HookWorker extends NewWorker {
    /** With worker-class threads several workers have the same process. */
    readonly pid: number;
  }

  /** How a worker ended. */
  export interface HookExit {
    readonly code: number;
    /** \`null\` if it was not ended by one. */
    readonly signal: string | null;
    /** It was drained or stopped; false if it died, or was killed because it did not respond. */
    readonly isExpected: boolean;
    /** As the log describes it. */
    readonly text: string;
  }

  /** What the app gets with a request, too. */
  export interface HookRequestInfo {
    readonly remoteAddr: { readonly transport: string; readonly hostname?: string; readonly port?: number };
    readonly completed: Promise<void>;
  }

  /** What the app made of a request. */
  export interface HookAnswer {
    /** Not to be read: its body is the client's. \`null\` if the app threw. */
    readonly response: Response | null;
    /** 500 if the app threw. */
    readonly status: number;
    /** Milliseconds from the call of the app to its answer. */
    readonly ms: number;
  }
`;

/** Part of the text of `denicorn.d.ts`. */
export function renderHooks(): string {
  const hooks = hookNames.map((name) => {
    const { when, ifItFails, parameters } = hookKinds[name];
    return `    /** ${when} If it fails: ${ifItFails}. */\n    readonly ${name}?: ((${parameters}) => unknown) | undefined;\n`;
  });
  return `${values}
  /** Functions in a config file that Denicorn calls, as docs/hooks.md describes them; they may return promises. */
  export interface ConfigHooks {
${hooks.join("\n")}  }
`;
}
