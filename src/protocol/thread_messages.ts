/** The channel between the master and a process of threads, whose threads have channels of their own. */

/** To the process. */
export type ToThreadHost =
  /** Start a thread at `place`, where none runs: a worker that says hello with `token`. */
  | { readonly type: "start-thread"; readonly place: number; readonly token: string }
  /** End the thread at `place` at once. */
  | { readonly type: "end-thread"; readonly place: number }
  /** No thread runs any more: exit. */
  | { readonly type: "exit" };

/** The thread at `place` runs. `id`: the number that the system has for it. */
export interface ThreadStarted {
  readonly type: "thread-started";
  readonly place: number;
  readonly id: number;
}

/** The thread at `place` has ended, and what it had open is closed. `code`: what it gave as its exit code. */
export interface ThreadEnded {
  readonly type: "thread-ended";
  readonly place: number;
  readonly code: number;
}
