import { freePort } from "../../../bench/support/free_port.ts";
import { assert, assertEquals } from "../../assert.ts";

const module = import.meta.resolve("../../../bench/support/free_port.ts");

Deno.test("a free port is given once, and is none that the system gives to clients", () => {
  const ports = Array.from({ length: 50 }, () => freePort());
  assertEquals(new Set(ports).size, ports.length);
  const [from = 0, to = 0] = clientPorts();
  // A system may give clients any port: then there is no better one.
  if (from <= 13_000) return;
  assert(ports.every((port) => port < from || port > to), ports.join());
});

Deno.test("two processes never give the same port, also before a server listens there", async () => {
  const program = `import { freePort } from ${JSON.stringify(module)};
    console.log(JSON.stringify(Array.from({ length: 50 }, () => freePort())));
    await new Response(Deno.stdin.readable).text();`;
  const others = Array.from({ length: 3 }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--cached-only", `data:text/typescript,${encodeURIComponent(program)}`],
      stdin: "piped",
      stdout: "piped",
    }).spawn());
  const ports: number[] = Array.from({ length: 50 }, () => freePort());
  for (const { stdout } of others) {
    const line = await stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true }).next();
    ports.push(...JSON.parse(line.value!));
  }
  for (const { stdin, status } of others) {
    await stdin.close();
    await status;
  }
  assertEquals(new Set(ports).size, 4 * 50);
});

function clientPorts(): number[] {
  try {
    return Deno.readTextFileSync("/proc/sys/net/ipv4/ip_local_port_range").split("\t").map(Number);
  } catch {
    return [];
  }
}
