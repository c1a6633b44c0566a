/** What the status says of the Redis that passes messages of channels on to other machines. */

export interface ChannelStatus {
  /** Where it is, without user and password. */
  readonly place: string;
  /** Why messages do not reach other machines; null while they do. */
  readonly problem: string | null;
  /** Messages since the start of the master. */
  readonly totals: {
    readonly sent: number;
    readonly received: number;
    /** Of this server's, those that were not sent; of others', those that were not passed on. */
    readonly dropped: number;
  };
}
