/** Clients of Redis that print nothing and throw nothing on their own, and that connect again by themselves. */

// @ts-types="../../../types/ioredis.d.ts"
import { Redis, type RedisOptions } from "ioredis";
import type { RedisAddress } from "../../core/tasks/redis_address.ts";
import { connectionOptions } from "../../redis/connection_options.ts";
import { endSilentConnections } from "../../redis/silence.ts";
import type { Clock } from "../../system/system.ts";

/** Milliseconds after which a server that says nothing counts as away; longer than BullMQ lets it block, 10 s. */
const silence = 15_000;

/** For questions: what cannot be sent or answered now is rejected at once, and the one who asks decides. */
export function askingClient(clock: Clock, address: RedisAddress): Redis {
  return quietClient(clock, {
    ...optionsFor(address),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  });
}

/**
 * For a worker: what cannot be sent or answered now is sent when the server is back. `opened` gets the client, and those
 * that BullMQ makes of it: one that is left waits for tasks, and takes the sign of a new one from those that live.
 */
export function workingClient(clock: Clock, address: RedisAddress, opened: Redis[]): Redis {
  return quietClient(clock, { ...optionsFor(address), maxRetriesPerRequest: null }, opened);
}

function optionsFor(address: RedisAddress): RedisOptions {
  return {
    ...connectionOptions(address),
    db: address.database,
    // After a failover the name may lead to the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
}

function quietClient(clock: Clock, options: RedisOptions, opened: Redis[] = []): Redis {
  const client = new Redis(options);
  opened.push(client);
  // Without a listener, ioredis prints errors of connections.
  client.on("error", () => {});
  endSilentConnections(clock, client, silence);
  client.duplicate = (changes) => quietClient(clock, { ...options, ...changes }, opened);
  const info = client.info.bind(client);
  client.info = (...args) => args.length === 0 ? info().then(withoutPolicy) : info(...args);
  return client;
}

/** BullMQ prints a warning for each connection to a server that evicts; the doctor says it once. */
function withoutPolicy(report: string): string {
  return report.replace(/^maxmemory_policy:.*$/m, "");
}
