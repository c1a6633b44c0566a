/** Why a database could not do what it was asked. */
export type DatabaseProblem =
  /** Another connection holds the lock. */
  | "busy"
  | "full"
  /** Also a file that is no database. */
  | "damaged"
  | "readonly"
  | "cannot open"
  | "other";

export class DatabaseFailure extends Error {
  override readonly name = "DatabaseFailure";
  readonly problem: DatabaseProblem;

  constructor(problem: DatabaseProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

export type DatabaseValue = string | number | null;
export type DatabaseRow = Readonly<Record<string, DatabaseValue>>;

/** Everything is synchronous, and every failure is a `DatabaseFailure`. */
export interface Database {
  /** Runs one statement and returns its rows. The statement is prepared once. */
  rows(sql: string, ...values: readonly DatabaseValue[]): DatabaseRow[];
  /** Runs one statement that has no rows; returns how many it has changed. */
  run(sql: string, ...values: readonly DatabaseValue[]): number;
  /** Runs a script of several statements. */
  script(sql: string): void;
  /** Runs `work` in a transaction that takes the write lock at its beginning. What it throws undoes the transaction. */
  write<T>(work: () => T): T;
  close(): void;
}

export interface Databases {
  /** Creates the file if there is none. `timeout`: milliseconds that a call waits for a lock, without the event loop. */
  open(path: string, timeout: number): Database;
  /** Calls `fire` when the event loop has handled all that is there to be handled now. A timer would take 2 ms. */
  afterTurn(fire: () => void): void;
}
