/** A framework whose build output Denicorn is to run as it is. */

export interface Framework {
  readonly name: string;
  /** From npm, each with its version. */
  readonly packages: readonly string[];
  /** The smallest app of it. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Commands of its packages, one after the other. */
  readonly builds: readonly (readonly [string, ...string[]])[];
  readonly outputs: readonly Output[];
}

/** A program that a build has made. */
export interface Output {
  readonly name: string;
  /** What is given to Denicorn, in the folder of the project. */
  readonly app: string;
  readonly args?: readonly string[];
  /** Variables of its own, besides `PORT`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why Denicorn cannot run it: an error of the start. */
  readonly refusal?: RegExp;
  /** What the page at `/` contains. */
  readonly page: string;
  /** Other paths, each with what it answers; `*` stands for a name in the folder `from`. */
  readonly paths?: Readonly<Record<string, { readonly contains: string; readonly from?: string }>>;
}
