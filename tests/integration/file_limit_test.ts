import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { integrationTest, type TestHost } from "./harness.ts";

const limitApp = `
export default () => new Response(Deno.readTextFileSync("/proc/self/limits").match(/Max open files.*/)![0]);
`;

/** The program with a soft and a hard limit of open files. */
function limited(host: TestHost, soft: number, hard: number): readonly string[] {
  return ["prlimit", `--nofile=${soft}:${hard}`, ...host.target.command];
}

/** Up to `count` connections without a request, until no more are accepted. */
async function silentConnections(port: number, count: number): Promise<Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  for (let number = 0; number < count; number++) {
    try {
      connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch {
      break;
    }
  }
  return connections;
}

integrationTest("the soft limit of open files is raised to the hard one, also in workers", async (host) => {
  const server = host.start({ files: { "main.ts": limitApp }, command: limited(host, 200, 1000) });
  await server.ready(1);
  assertMatch(await server.text(), /Max open files\s+1000\s+1000/);
  assertMatch(Deno.readTextFileSync(`/proc/${server.pid}/limits`), /Max open files\s+1000\s+1000/);
});

for (const steering of ["auto", "off"]) {
  integrationTest(
    `a worker out of file descriptors keeps serving and accepts again, steering ${steering}`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": slowApp("whole") },
        command: limited(host, 100, 100),
        args: ["--steering", steering],
      });
      const [worker] = await server.ready(1);
      const answer = server.text("/?ms=3000");
      const silent = await silentConnections(server.port, 120);
      await server.logged(
        new RegExp(
          `pid=${worker!.pid}  not accepting connections: out of file descriptors, the limit is 100: raise`,
        ),
      );
      assertEquals(await answer, "whole");
      // No client disconnects: the worker must close connections without a request.
      await server.logged(new RegExp(`pid=${worker!.pid}  accepting connections again`));
      assertEquals(await server.text(), "whole");
      assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
      silent.forEach((connection) => connection.close());
      // It can be replaced like any other worker.
      server.kill("SIGHUP");
      await server.ready(1, 2);
      assertEquals(await server.text(), "whole");
      assert(!server.stderr.includes("uncaught"));
    },
  );
}
