import type { ConnectionLimits, ConnectionLook } from "../../src/core/listeners/slow_connections.ts";

/** The defaults of the settings. */
export const limits: ConnectionLimits = {
  keepAlive: 75_000,
  headerTimeout: 10_000,
  bodyTimeout: 30_000,
  writeTimeout: 60_000,
};

/** A connection that waits for its next request. */
export const kept: ConnectionLook = {
  descriptor: 0,
  peerPort: 40_000,
  isPlain: true,
  received: 100,
  taken: 200,
  hasEnded: false,
  isSending: false,
  sinceReceived: 0,
  sinceSent: 0,
};
