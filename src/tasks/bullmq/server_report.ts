/** What a server of Redis says of itself, and whether BullMQ can work with it. */

export interface ServerReport {
  readonly version: string;
  readonly isCluster: boolean;
  readonly isReplica: boolean;
  /** What it does when its memory is full. */
  readonly policy: string;
  /** Bytes, 0 for no limit. */
  readonly maxMemory: number;
}

/** What scripts of BullMQ need. */
const oldest = [6, 2];

/** Reads the answer to INFO. */
export function serverReport(text: string): ServerReport {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(text)?.[1] ?? "";
  return {
    version: field("redis_version"),
    isCluster: field("cluster_enabled") === "1",
    isReplica: field("role") === "slave",
    policy: field("maxmemory_policy"),
    maxMemory: Number(field("maxmemory")),
  };
}

/** An error as Redis words it, or `null` if the server will do. */
export function objectionTo({ version, isCluster, isReplica }: ServerReport): string | null {
  if (isCluster) return "CLUSTER mode is enabled";
  if (isReplica) return "READONLY You can't write against a read only replica.";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = oldest;
  const isOld = major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  return isOld ? `VERSION ${version}` : null;
}
