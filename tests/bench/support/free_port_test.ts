import { freePort } from "../../../bench/support/free_port.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("a free port is given once, and is none that the system gives to clients", () => {
  const ports = Array.from({ length: 50 }, () => freePort());
  assertEquals(new Set(ports).size, ports.length);
  const [from = 0, to = 0] = clientPorts();
  // A system may give clients any port: then there is no better one.
  if (from <= 13_000) return;
  assert(ports.every((port) => port < from || port > to), ports.join());
});

function clientPorts(): number[] {
  try {
    return Deno.readTextFileSync("/proc/sys/net/ipv4/ip_local_port_range").split("\t").map(Number);
  } catch {
    return [];
  }
}
