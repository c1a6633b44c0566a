/**
 * The hooks that a config file may have, declared once: where each runs, when it is called, and what follows if it fails.
 * The types of config files, the checks and the page on hooks are made from this table, or compared with it.
 */

interface HookKind {
  /** `master`: in the hook process, which only the master talks to. `worker`: in each worker. */
  readonly runsIn: "master" | "worker";
  /** What Gunicorn calls it. */
  readonly gunicorn: string;
  /** Its parameters, as TypeScript. */
  readonly parameters: string;
  readonly when: string;
  /** What follows if it throws or is not done in time, besides a line in the log. */
  readonly ifItFails: string;
}

const logged = "only logged";

export const hookKinds = {
  onStarting: {
    runsIn: "master",
    gunicorn: "on_starting",
    parameters: "server: HookServer",
    when: "Before the app is bundled and loaded.",
    ifItFails: "the start fails",
  },
  whenReady: {
    runsIn: "master",
    gunicorn: "when_ready",
    parameters: "server: HookServer",
    when: "Once, when all workers of the start are ready.",
    ifItFails: logged,
  },
  preSpawn: {
    runsIn: "master",
    gunicorn: "pre_fork",
    parameters: "worker: NewWorker, server: HookServer",
    when: "Before a worker is started; the start waits for it.",
    ifItFails: "the worker is started all the same",
  },
  postSpawn: {
    runsIn: "master",
    gunicorn: "post_fork",
    parameters: "worker: HookWorker, server: HookServer",
    when: "When the process of a worker has been started.",
    ifItFails: logged,
  },
  postWorkerInit: {
    runsIn: "worker",
    gunicorn: "post_worker_init",
    parameters: "worker: HookWorker",
    when: "When a worker has loaded the app, before it listens.",
    ifItFails: "the worker does not boot: the start or reload fails",
  },
  preRequest: {
    runsIn: "worker",
    gunicorn: "pre_request",
    parameters: "worker: HookWorker, request: Request, info: HookRequestInfo",
    when: "Before the app gets a request; the app waits for it.",
    ifItFails: "the client gets a 500, and the app does not get the request",
  },
  postRequest: {
    runsIn: "worker",
    gunicorn: "post_request",
    parameters: "worker: HookWorker, request: Request, info: HookRequestInfo, answer: HookAnswer",
    when: "When the app has answered a request; the answer does not wait for a promise of it.",
    ifItFails: logged,
  },
  workerInt: {
    runsIn: "worker",
    gunicorn: "worker_int",
    parameters: "worker: HookWorker",
    when: "When the process of a worker gets SIGINT or SIGQUIT.",
    ifItFails: logged,
  },
  workerAbort: {
    runsIn: "worker",
    gunicorn: "worker_abort",
    parameters: "worker: HookWorker",
    when: "When the process of a worker gets SIGABRT, before that ends it.",
    ifItFails: logged,
  },
  workerExit: {
    runsIn: "worker",
    gunicorn: "worker_exit",
    parameters: "worker: HookWorker",
    when: "At the end of a worker, after its last request and `shutdown` of the app.",
    ifItFails: logged,
  },
  childExit: {
    runsIn: "master",
    gunicorn: "child_exit",
    parameters: "worker: HookWorker, exit: HookExit, server: HookServer",
    when: "When a worker has ended, also one that was killed.",
    ifItFails: logged,
  },
  nworkersChanged: {
    runsIn: "master",
    gunicorn: "nworkers_changed",
    parameters: "count: number, before: number | null, server: HookServer",
    when: "When the number of workers that there should be has changed; `before` is `null` at the start.",
    ifItFails: logged,
  },
  onReload: {
    runsIn: "master",
    gunicorn: "on_reload",
    parameters: "server: HookServer",
    when: "At a reload, when the new config file has been read: the hook is that of the new file.",
    ifItFails: "the reload fails, and the old generation keeps serving",
  },
  preUpgrade: {
    runsIn: "master",
    gunicorn: "pre_exec",
    parameters: "server: HookServer",
    when: "Before an upgrade starts the new master.",
    ifItFails: "the upgrade fails, and this master keeps serving",
  },
  onExit: {
    runsIn: "master",
    gunicorn: "on_exit",
    parameters: "server: HookServer",
    when: "When all workers have ended, before the master exits, also one that was upgraded.",
    ifItFails: logged,
  },
} as const satisfies Readonly<Record<string, HookKind>>;

export type HookName = keyof typeof hookKinds;

export const hookNames = Object.keys(hookKinds) as readonly HookName[];

export function isHookName(name: string): name is HookName {
  return Object.hasOwn(hookKinds, name);
}

/** Whether one of the hooks runs there. */
export function anyRunsIn(place: HookKind["runsIn"], names: readonly HookName[]): boolean {
  return names.some((name) => hookKinds[name].runsIn === place);
}
