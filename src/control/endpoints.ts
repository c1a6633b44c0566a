/** What the control socket takes, declared once: the app serves this table and `docs/ctl.md` shows it. */

export interface Endpoint {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The JSON of the request, for people. */
  readonly body?: string;
  /** Whether `?wait=1` answers only at the end. */
  readonly canWait?: true;
  readonly answers: string;
  /** Between masters only. */
  readonly internal?: true;
}

export const endpoints = [
  {
    method: "GET",
    path: "/status",
    answers: "the server and its workers: `Status` in `src/core/telemetry/status.ts`",
  },
  { method: "GET", path: "/workers", answers: "the workers alone" },
  { method: "GET", path: "/settings", answers: "the settings in force: `name`, `value`, `shown`" },
  { method: "GET", path: "/events", answers: "what happens, as server-sent events; takes `Last-Event-ID`" },
  { method: "POST", path: "/reload", canWait: true, answers: "`state`, `message`" },
  {
    method: "POST",
    path: "/scale",
    body: '{"target": 4}, {"target": "+1"}, {"target": "-1"}',
    canWait: true,
    answers: "`state`, `message`",
  },
  { method: "POST", path: "/reopen", answers: "`state`, `message`" },
  { method: "POST", path: "/stop", body: '{"now": true}, or nothing', answers: "`state`, `message`" },
  { method: "POST", path: "/upgrade", canWait: true, answers: "`state`, `message`" },
  { method: "POST", path: "/handover", internal: true, answers: "used by a new master" },
  { method: "POST", path: "/retire", internal: true, answers: "used by a new master" },
] as const satisfies readonly Endpoint[];

type NameOf<E> = E extends { method: infer Method extends string; path: infer Path extends string }
  ? `${Method} ${Path}`
  : never;
export type EndpointName = NameOf<typeof endpoints[number]>;

/** What an operation or a command answers. */
export interface Done {
  /** `accepted`: it goes on, or waits for its turn. */
  readonly state: "done" | "accepted";
  readonly message: string;
}

/** What stands in the body of every answer that is no success. */
export interface Failed {
  readonly error: string;
  /** Of `docs/errors.md`, where an operation failed. */
  readonly code?: string;
  readonly exitCode?: number;
  /** Further lines: a code frame, a stack. */
  readonly detail?: string | undefined;
}
