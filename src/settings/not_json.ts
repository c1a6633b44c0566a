/** A value of a config module that has no JSON, such as a function. */
export class NotJson {
  /** What it is instead: "a function". */
  readonly description: string;

  constructor(description: string) {
    this.description = description;
  }
}
