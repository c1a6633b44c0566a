import { assertEquals } from "../../assert.ts";
import { redisTest } from "./redis_server.ts";

const program = new URL("silent_process.ts", import.meta.url).pathname;

redisTest(
  "neither a server that is away nor one that evicts makes a package print or a process end",
  async (server) => {
    await server.command("CONFIG SET maxmemory-policy allkeys-lru");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, server.url],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [output, errors] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const input = child.stdin.getWriter();
    await server.until(
      "it has asked",
      async () => (await server.command("LLEN bull:denicorn:active")).startsWith(":1"),
    );
    await server.end();
    await input.write(new TextEncoder().encode("away\n"));
    await server.run();
    await input.close();
    assertEquals([await output, await errors, (await child.status).code], ["true null \n", "", 0]);
  },
);
