/**
 * What Denicorn uses of ioredis. Its own declarations bring those of Node, whose events do not fit those of Deno.
 */

export interface RedisOptions {
  host?: string;
  port?: number;
  family?: number;
  db?: number;
  username?: string;
  password?: string;
  tls?: Record<string, never>;
  connectionName?: string;
  lazyConnect?: boolean;
  connectTimeout?: number;
  enableReadyCheck?: boolean;
  enableOfflineQueue?: boolean;
  autoResubscribe?: boolean;
  autoResendUnfulfilledCommands?: boolean;
  maxRetriesPerRequest?: number | null;
  retryStrategy?: (attempts: number) => number;
  reconnectOnError?: (error: Error) => boolean;
}

export class Redis {
  constructor(options: RedisOptions);
  readonly status: string;
  /** What was sent, and not answered yet. */
  readonly commandQueue: { readonly length: number };
  /** While it is connected. */
  readonly stream: { on(event: "data", listener: () => void): void; destroy(error: Error): void };
  on(event: "connect" | "close" | "ready", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "message", listener: (channel: string, message: string) => void): this;
  on(event: "messageBuffer", listener: (channel: Uint8Array, message: Uint8Array) => void): this;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  duplicate: (changes?: RedisOptions) => Redis;
  info: (...args: unknown[]) => Promise<string>;
  ping(): Promise<unknown>;
  publish(channel: string, message: Uint8Array): Promise<number>;
  subscribe(channel: string): Promise<unknown>;
  eval(script: string, keyCount: number, ...args: string[]): Promise<unknown>;
  hdel(key: string, ...fields: string[]): Promise<number>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  lindex(key: string, index: number): Promise<string | null>;
  zrange(key: string, first: number, last: number): Promise<string[]>;
  zscore(key: string, member: string): Promise<string | null>;
}
