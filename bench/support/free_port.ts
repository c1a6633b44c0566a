/** Ports for servers, on a machine where other programs connect to servers all the time. */

/** Above the ports that browsers refuse to connect to, such as 10080. */
const lowest = 12_000;

const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nothing listens on at the moment, another one each time. It is none of those that the system
 * gives to clients: until the server listens, a connection of another program would take it.
 */
export function freePort(): number {
  const count = lowestOfClients() - lowest;
  for (let attempts = 0; count > 0 && attempts < 100; attempts++) {
    const port = lowest + Math.floor(Math.random() * count);
    if (given.has(port) || !isFree(port)) continue;
    given.add(port);
    return port;
  }
  // Here clients may get any port.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
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
