/** Ports for servers, on a machine where other programs connect to servers all the time. */

/** Above the ports that browsers refuse to connect to, such as 10080. */
const lowest = 12_000;

/** Ports of a block. The first one marks it as taken. */
const blockSize = 100;

/**
 * The first port of a block that belongs to this process, or to this file of a test run; `null` where there is none.
 * Two that draw from the same ports give the same one now and then before a server listens at it, and with SO_REUSEPORT
 * both servers then do.
 */
const block = takeBlock();
let given = 0;

/**
 * A port of 127.0.0.1 that nothing listens on at the moment. It is none of those that the system gives to clients: until
 * the server listens, a connection of another program would take it.
 */
export function freePort(): number {
  for (let attempts = 1; block !== null && attempts < blockSize; attempts++) {
    const port = block + 1 + given++ % (blockSize - 1);
    if (isFree(port)) return port;
  }
  // Here clients may get any port.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function takeBlock(): number | null {
  const count = Math.floor((lowestOfClients() - lowest) / blockSize);
  for (let attempts = 0; count > 0 && attempts < 100; attempts++) {
    const port = lowest + blockSize * Math.floor(Math.random() * count);
    try {
      // It listens until the process ends.
      Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch {
      // Another process has this block.
    }
  }
  return null;
}

/** See ip_local_port_range in ip(7); elsewhere as RFC 6335 has it. */
function lowestOfClients(): number {
  try {
    return Number.parseInt(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_local_port_range"));
  } catch {
    return 49_152;
  }
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}
